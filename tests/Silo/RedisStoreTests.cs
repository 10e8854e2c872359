using OrleansTagCache.Silo.Clustering;
using OrleansTagCache.Silo.StartUp;
using StackExchange.Redis;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>What a silo says of its Redis: what that refuses, and what it may lose.</summary>
public sealed class RedisStoreTests
{
    [RedisFact]
    public async Task Connect_ToWhatRefusesIt_SaysWhat_AndKeepsThePassword()
    {
        await using var redis = await RedisServer.Start("--requirepass", "hunter2");
        await using (var admin = await ConnectionMultiplexer.ConnectAsync($"{redis.Address},password=hunter2,allowAdmin=true"))
        {
            await admin.GetServers()[0].ExecuteAsync("ACL", "SETUSER", "reader", "on", ">hunter3", "~*", "&*", "+@read");
        }

        Assert.Contains("(NOAUTH)", await FaultOf(redis.Address), StringComparison.Ordinal);
        Assert.Contains("(WRONGPASS)", await FaultOf($"{redis.Address},password=hunter1"), StringComparison.Ordinal);
        var denied = await FaultOf($"{redis.Address},user=reader,password=hunter3");
        Assert.Contains("NOPERM", denied, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter", denied, StringComparison.Ordinal);

        async Task<string> FaultOf(string connection)
        {
            var fault = await Assert.ThrowsAsync<StartUpFault>(() => RedisStore.Connect(new() { ConnectionString = connection }));
            return Assert.Single(fault.Faults);
        }
    }

    [RedisFact]
    public async Task Connection_WhosePasswordWasChanged_ComesBackWithThatOfTheFile()
    {
        await using var redis = await RedisServer.Start("--requirepass", "first");
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "first\n");
            var store = await RedisStore.Connect(new() { ConnectionString = redis.Address, PasswordFile = file });
            using var log = new CapturedLog();
            await store.Watch(log.CreateLogger("redis"));

            await using var admin = await ConnectionMultiplexer.ConnectAsync($"{redis.Address},password=first,allowAdmin=true");
            await File.WriteAllTextAsync(file, "second\n");
            await admin.GetServers()[0].ExecuteAsync("CONFIG", "SET", "requirepass", "second");
            await admin.GetServers()[0].ExecuteAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");

            await log.Says("has failed", "is there again");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [RedisFact]
    public async Task Watch_OfARedisThatMayEvictAnyKey_SaysSo()
    {
        await using var redis = await RedisServer.Start("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru");
        var store = await RedisStore.Connect(new() { ConnectionString = redis.Address });
        using var log = new CapturedLog();

        await store.Watch(log.CreateLogger("redis"));

        Assert.Contains("may evict any key (maxmemory-policy allkeys-lru", log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void PasswordFile_ThatIsNotThere_IsNamed()
    {
        var fault = Assert.Throws<StartUpFault>(() => PasswordFile.Of(new() { PasswordFile = "/nowhere/password" }));
        Assert.StartsWith("TagCache:Clustering:PasswordFile cannot be read", Assert.Single(fault.Faults), StringComparison.Ordinal);
    }
}
