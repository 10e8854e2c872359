using System.Diagnostics;
using System.Net.Http.Json;
using System.Reflection;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace OrleansTagCache.Tests.Aspire;

/// <summary>Silos in an Aspire host, as real processes.</summary>
public sealed class HostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task ThreeSilos_OnRedis_ServeAnApplicationThatWaitsForThem()
    {
        var port = FreePorts.Take(1)[0];
        using var redis = Process.Start(new ProcessStartInfo("redis-server", ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]) { RedirectStandardOutput = true })!;
        while (await redis.StandardOutput.ReadLineAsync() is { } line && !line.Contains("Ready to accept connections", StringComparison.Ordinal))
        {
        }

        var told = Path.Combine(Directory.CreateTempSubdirectory("aspire").FullName, "connection");
        await using var builder = Builder();
        builder.Configuration["ConnectionStrings:redis"] = $"127.0.0.1:{port}";
        var cache = builder.AddOrleansTagCache("cache", Metadata("SiloProgram"))
            .WithReplicas(2).WithReference(builder.AddConnectionString("redis"), TagCacheStore.Redis).WithReplicas(3)
            .WithIds("blue", "shop").WithSetting("MaximumEntries", "12345");
        builder.AddExecutable("application", "sh", Path.GetTempPath(), "-c", $"printenv ConnectionStrings__cache > {told}").WithReference(cache).WaitFor(cache);
        await using var app = await builder.BuildAsync();
        await app.StartAsync().WaitAsync(Patience, TimeProvider.System);

        await app.ResourceNotifications.WaitForResourceAsync("application", KnownResourceStates.Finished).WaitAsync(Patience, TimeProvider.System);

        var connection = await app.GetConnectionStringAsync("cache");
        Assert.Equal(connection, (await File.ReadAllTextAsync(told)).Trim());
        Assert.EndsWith(";ClusterId=blue;ServiceId=shop", connection, StringComparison.Ordinal);
        using var http = app.CreateHttpClient("cache-3", "http");
        var cluster = await http.GetFromJsonAsync<JsonElement>("/v1/cluster");
        Assert.Equal(3, cluster.GetProperty("totals").GetProperty("serving").GetInt32());

        // An application of its own, by the connection string alone.
        var own = Host.CreateApplicationBuilder();
        own.Configuration.AddInMemoryCollection([new("ConnectionStrings:cache", connection)]);
        own.AddOrleansTagCacheClient("cache");
        using var host = own.Build();
        await host.StartAsync();
        var entries = host.Services.GetRequiredService<ITagCache>();
        await entries.SetAsync("key", "old", new() { Tags = ["tag"] });
        Assert.Equal("old", await entries.GetOrCreateAsync("key", (_, _) => ValueTask.FromResult("made anew")));
        using (ServerAction.Begin())
        {
            await entries.UpdateTagAsync("tag");
        }

        Assert.Equal("made anew", await entries.GetOrCreateAsync("key", (_, _) => ValueTask.FromResult("made anew")));
        await host.StopAsync();
        await app.StopAsync().WaitAsync(Patience, TimeProvider.System);
        redis.Kill();
        Directory.GetParent(told)!.Delete(recursive: true);
    }

    [Fact]
    public async Task ManySilos_WithoutAStore_AreRefusedAtTheStart()
    {
        await using var builder = Builder();
        builder.AddOrleansTagCache("cache", Metadata("SiloProgram")).WithReplicas(3);
        await using var app = await builder.BuildAsync();

        var fault = await Assert.ThrowsAsync<DistributedApplicationException>(() => app.StartAsync());

        Assert.Equal("The 3 silos of 'cache' need Redis or PostgreSQL to find each other: add WithReference(redis), or take one silo.", fault.Message);
    }

    [Fact]
    public async Task SiloProgram_ThatDoesNotExist_IsNamed()
    {
        await using var builder = Builder();

        Assert.StartsWith("There is no silo program at /nowhere/OrleansTagCache.Silo.dll.", Assert.Throws<FileNotFoundException>(() => builder.AddOrleansTagCache("cache", "/nowhere/OrleansTagCache.Silo.dll")).Message, StringComparison.Ordinal);
        Assert.Contains("orleans-tag-cache", Assert.Throws<FileNotFoundException>(() => builder.AddOrleansTagCache("cache")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Publishing_IsRefused_WithWhatToDoInItsPlace()
    {
        var builder = DistributedApplication.CreateBuilder(["--publisher", "manifest", "--output-path", Path.GetTempPath()]);

        Assert.Contains("builder.AddConnectionString(\"cache\")", Assert.Throws<DistributedApplicationException>(() => builder.AddOrleansTagCache("cache", Metadata("SiloProgram"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stores_OfAspire_AreWhereSilosKeepTheirMembership()
    {
        await using var builder = Builder();
        var redis = builder.AddOrleansTagCache("one", Metadata("SiloProgram")).WithReference(builder.AddRedis("redis"));
        var database = builder.AddOrleansTagCache("two", Metadata("SiloProgram")).WithReference(builder.AddPostgres("postgres").AddDatabase("tagcache"));

        Assert.Equal("Redis", await Variable(redis, "TagCache__Clustering__Provider"));
        Assert.Equal("PostgreSql", await Variable(database, "TagCache__Clustering__Provider"));
        foreach (var cache in (IResourceBuilder<OrleansTagCacheResource>[])[redis, database])
        {
            Assert.Contains(cache.Resource.Silos[0].Annotations, annotation => annotation is WaitAnnotation);
        }

        static async Task<string?> Variable(IResourceBuilder<OrleansTagCacheResource> cache, string name)
        {
            var variables = new Dictionary<string, object>();
            var context = new EnvironmentCallbackContext(new(DistributedApplicationOperation.Run), cache.Resource.Silos[0], variables);
            foreach (var annotation in cache.Resource.Silos[0].Annotations.OfType<EnvironmentCallbackAnnotation>())
            {
                await annotation.Callback(context);
            }

            return variables[name].ToString();
        }
    }

    [Fact]
    public async Task Silos_HaveEachPortsOfTheirOwn()
    {
        await using var builder = Builder();
        var silos = builder.AddOrleansTagCache("cache", Metadata("SiloProgram")).WithReplicas(20).Resource.Silos;

        Assert.Equal(60, silos.SelectMany(silo => (int[])[silo.SiloPort, silo.GatewayPort, silo.HttpPort]).Distinct().Count());
    }

    [Theory]
    [InlineData("SiloPort", "1")]
    [InlineData("Clustering:Provider", "Redis")]
    [InlineData("clustering__provider", "Redis")]
    [InlineData("", "1")]
    [InlineData("MaximumBytes", null)]
    public async Task Settings_ThatAreNotToBeSet_AreRefused(string name, string? value)
    {
        await using var builder = Builder();
        var cache = builder.AddOrleansTagCache("cache", Metadata("SiloProgram"));

        Assert.ThrowsAny<ArgumentException>(() => cache.WithSetting(name, value!));
    }

    [Theory]
    [InlineData("a;b")]
    [InlineData(" blue")]
    [InlineData("{0}")]
    [InlineData("")]
    public async Task Ids_ThatAConnectionStringCannotHold_AreRefused(string id)
    {
        await using var builder = Builder();
        var cache = builder.AddOrleansTagCache("cache", Metadata("SiloProgram"));

        Assert.Throws<ArgumentException>(() => cache.WithIds(id, "shop"));
        Assert.Throws<ArgumentException>(() => cache.WithIds("blue", id));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(21)]
    public async Task Replicas_OutOfRange_AreRefused(int replicas)
    {
        await using var builder = Builder();
        var cache = builder.AddOrleansTagCache("cache", Metadata("SiloProgram"));

        Assert.Throws<ArgumentOutOfRangeException>(() => cache.WithReplicas(replicas));
    }

    private static IDistributedApplicationTestingBuilder Builder() => DistributedApplicationTestingBuilder.Create(
        ["DcpPublisher:DashboardPath=none"], (options, _) => options.DisableDashboard = true);

    private static string Metadata(string key) =>
        typeof(HostTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == key).Value!;
}
