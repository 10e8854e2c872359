using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Contracts;
using OrleansTagCache.Hosting;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>An application that encrypts and compresses: nothing of its values reaches a silo as it is, whichever way they are stored, and every process with its keys reads them.</summary>
public sealed class EncodedValuesTests : IAsyncLifetime
{
    private const string Secret = "a secret that nobody else may read; a secret that nobody else may read";

    private static readonly CacheEntryOptions Tagged = new() { Tags = ["t"] };

    private readonly EphemeralDataProtectionProvider _keys = new();
    private EntrySilo _silo = null!;
    private ServiceProvider _writer = null!;
    private ServiceProvider _reader = null!;

    public static TheoryData<string> Ways => new("create", "set", "set many", "create many", "loader", "hybrid create", "hybrid set", "distributed");

    public async Task InitializeAsync()
    {
        _silo = await EntrySilo.Serve();
        _writer = Process(_keys, encrypts: true);
        _reader = Process(_keys, encrypts: false);
    }

    public async Task DisposeAsync()
    {
        await _reader.DisposeAsync();
        await _writer.DisposeAsync();
        _silo.Dispose();
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Value_IsEncryptedInTheSilo_AndReadByEveryProcessWithTheKeys(string way)
    {
        var key = await Store(_writer, way, Secret);

        var stored = _silo.Stored(key)!.Payload;
        Assert.Equal(PayloadCoding.Brotli | PayloadCoding.Protected, stored.Coding);
        Assert.Equal(-1, stored.Bytes.AsSpan().IndexOf("secret"u8));
        Assert.Equal(Secret, await Load(_writer, way, key));
        Assert.Equal(Secret, await Load(_reader, way, key));
        Assert.Equal(Secret, await Load(_reader, way, key));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Value_IsMissingToAProcessWithoutTheKeys(string way)
    {
        var key = await Store(_writer, way, Secret);
        await using var stranger = Process(new EphemeralDataProtectionProvider(), encrypts: false);

        Assert.Null(await Load(stranger, way, key));
    }

    /// <summary>The keys are lost: the values are made anew, and replace those that nobody can read.</summary>
    [Fact]
    public async Task Value_ThatCannotBeDecrypted_IsGeneratedAnew_AndReplaced()
    {
        await Store(_writer, "create", Secret);
        await using var stranger = Process(new EphemeralDataProtectionProvider(), encrypts: true);

        Assert.Equal("new", await Cache(stranger).GetOrCreateAsync("key", (_, _) => new ValueTask<string>("new"), Tagged));

        await using var other = Process(_keys, encrypts: false);
        Assert.False((await Cache(other).TryGetAsync<string>("key")).HasValue);
        Assert.Equal("new", (await Cache(stranger).TryGetAsync<string>("key")).Value);
    }

    [Fact]
    public async Task Value_ThatWasNotEncrypted_IsReadByOneThatEncrypts()
    {
        await Store(_reader, "set", Secret);
        Assert.Equal(PayloadCoding.None, _silo.Stored("key")!.Payload.Coding);
        Assert.Equal(Secret, await Load(_writer, "set", "key"));
    }

    [Fact]
    public async Task StaleValue_ReachesItsFactoryDecoded()
    {
        await Store(_writer, "create", Secret);
        await Cache(_writer).RevalidateTagAsync("t", CacheLife.Max);

        var seen = "";
        var made = await Cache(_reader).GetOrCreateAsync(
            "key",
            (context, _) =>
            {
                seen = context.TryGetStale<string>(out var stale) ? stale : "none";
                return new ValueTask<string>("new");
            },
            Tagged);

        Assert.Equal((Secret, "new"), (seen, made));
    }

    [Fact]
    public async Task ValueThatCannotBeEncrypted_IsReturnedToItsCaller_AndNotStored()
    {
        await using var broken = Process(new Broken(), encrypts: true);

        Assert.Equal("made", await Cache(broken).GetOrCreateAsync("key", (_, _) => new ValueTask<string>("made"), Tagged));
        Assert.Null(_silo.Stored("key"));

        var refused = await Assert.ThrowsAsync<TagCacheException>(() => Cache(broken).SetAsync("key", Secret).AsTask());
        Assert.StartsWith("The value could not be encrypted", refused.Message, StringComparison.Ordinal);
        Assert.Null(_silo.Stored("key"));
    }

    private ServiceProvider Process(IDataProtectionProvider keys, bool encrypts) => ProcessOver.Start(_silo, services =>
    {
        services.AddSingleton(keys);
        services.AddSingleton(new TagCacheClientOptions { EncryptValues = encrypts, CompressFromBytes = encrypts ? 64 : null });
        services.AddLoader("loader", (_, _, argument, _) => new ValueTask<string>(Secret), Tagged);
        services.AddTagCacheHybridCache();
        services.AddTagCacheDistributedCache();
    });

    private static ITagCache Cache(IServiceProvider process) => process.GetRequiredService<ITagCache>();

    private static async Task<string> Store(IServiceProvider process, string way, string value)
    {
        var (cache, hybrid) = (Cache(process), process.GetRequiredService<HybridCache>());
        switch (way)
        {
            case "create":
                await cache.GetOrCreateAsync("key", (_, _) => new ValueTask<string>(value), Tagged);
                return "key";
            case "set":
                await cache.SetAsync("key", value, Tagged);
                return "key";
            case "set many":
                await cache.SetManyAsync<string>([new("key", value), new("other", value)]);
                return "key";
            case "create many":
                await cache.GetOrCreateManyAsync<string>(["key", "other"], (context, _) => new(context.Keys.ToDictionary(key => key, _ => value)));
                return "key";
            case "loader":
                await cache.GetAsync<string>("loader", "x");
                return "loader:x";
            case "hybrid create":
                await hybrid.GetOrCreateAsync("key", _ => new ValueTask<string>(value));
                return "key";
            case "hybrid set":
                await hybrid.SetAsync("key", value);
                return "key";
            default:
                await process.GetRequiredService<IDistributedCache>().SetAsync("key", Encoding.UTF8.GetBytes(value));
                return "\u0001idc:key";
        }
    }

    private static async Task<string?> Load(IServiceProvider process, string way, string key)
    {
        if (way == "distributed")
        {
            return await process.GetRequiredService<IDistributedCache>().GetAsync("key") is { } bytes ? Encoding.UTF8.GetString(bytes) : null;
        }

        var one = await Cache(process).TryGetAsync<string>(key);
        var many = await Cache(process).GetManyAsync<string>([key]);
        Assert.Equal(one.HasValue, many.ContainsKey(key));
        return one.ValueOrDefault;
    }

    private sealed class Broken : IDataProtectionProvider, IDataProtector
    {
        public IDataProtector CreateProtector(string purpose) => this;

        public byte[] Protect(byte[] plaintext) => throw new CryptographicException("No key.");

        public byte[] Unprotect(byte[] protectedData) => throw new CryptographicException("No key.");
    }
}
