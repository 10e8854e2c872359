using Orleans.Runtime.Messaging;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>Who decides that a start fails, or that nobody tries to connect any more.</summary>
public sealed class InsistTests
{
    private readonly int _closed = FreePorts.Take(1)[0];

    [Fact]
    public async Task Start_ThatRequiresTheCluster_WaitsForIt()
    {
        var ports = FreePorts.Take(2);
        await using var app = ClientApp.Build(client => client.UseLocalhostClustering(ports[1], "tagcache", "tagcache")
            .AddTagCacheClient(cache => (cache.RequireClusterAtStart, cache.ReadTimeout) = (true, TimeSpan.FromMilliseconds(100))));
        var starting = app.Start(TimeSpan.FromMinutes(1));
        await app.Log.Says("No silo of the cluster answers");
        Assert.False(starting.IsCompleted);

        var (silo, _) = await ClientApp.StartSilo(ports[0], ports[1]);
        await starting;
        await app.Cache.SetAsync("key", 1);

        await app.Stop();
        await silo.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Start_WhoseOwnFilterGivesUp_Fails(bool isAddedFirst)
    {
        await using var app = ClientApp.Build(client =>
        {
            client.UseLocalhostClustering(_closed, "tagcache", "tagcache");
            if (isAddedFirst)
            {
                client.UseConnectionRetryFilter((_, _) => Task.FromResult(false));
            }

            client.AddTagCacheClient(cache => cache.RequireClusterAtStart = true);
            if (!isAddedFirst)
            {
                client.UseConnectionRetryFilter((_, _) => Task.FromResult(false));
            }
        });

        await Assert.ThrowsAsync<ConnectionFailedException>(() => app.Start());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Filter_ThatGivesUpAtOnceOrLater_LeavesTheApplicationWithoutTheCache(bool isAtOnce)
    {
        var answer = new TaskCompletionSource<bool>();
        await using var app = ClientApp.Build(client => client.UseLocalhostClustering(_closed, "tagcache", "tagcache").AddTagCacheClient()
            .UseConnectionRetryFilter((_, _) => isAtOnce ? Task.FromResult(false) : answer.Task));
        await app.Start();

        answer.SetResult(false);

        await app.Log.Says("has given up connecting");
        await StartTests.DoesWithoutTheCluster(app.Services);
        await app.Stop();
    }
}
