using OrleansTagCache.Faults.Roles;

namespace OrleansTagCache.Faults.Conductor;

/// <summary>Entries that nothing updates, in a namespace of their own: each is where it was after silos have come and gone in order. A client of the conductor's own version sets and reads them.</summary>
internal sealed class KeptEntries : IAsyncDisposable
{
    private const int Count = 2_000;
    private const int AtOnce = 50;

    private readonly IHost _host;

    private KeptEntries(IHost host) => _host = host;

    private ITagCache Cache => _host.Services.GetRequiredService<ITagCache>();

    public static async Task<KeptEntries> Fill(StoreKind store, string connectionString)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.UseOrleansClient(client =>
        {
            CacheClient.UseCluster(client, store, connectionString);
            client.AddTagCacheClient(cache => (cache.Namespace, cache.NearCache, cache.RequireClusterAtStart) = ("kept", NearCacheMode.Off, true));
        });
        var kept = new KeptEntries(builder.Build());
        await kept._host.StartAsync();
        var life = new CacheEntryOptions { Life = CacheLife.Max };
        await OfEach(async i =>
        {
            await kept.Cache.SetAsync(KeyOf(i), i, life);
            return true;
        });
        return kept;
    }

    /// <summary>How many of them are not there any more. They are set again: each is lost once.</summary>
    public async Task<int> CountLost()
    {
        var life = new CacheEntryOptions { Life = CacheLife.Max };
        var there = await OfEach(async i =>
        {
            if ((await Cache.TryGetAsync<int>(KeyOf(i))).HasValue)
            {
                return true;
            }

            await Cache.SetAsync(KeyOf(i), i, life);
            return false;
        });
        return Count - there;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private static string KeyOf(int i) => $"kept:{i}";

    private static async Task<int> OfEach(Func<int, Task<bool>> work)
    {
        var done = 0;
        foreach (var some in Enumerable.Range(0, Count).Chunk(AtOnce))
        {
            done += (await Task.WhenAll(some.Select(work))).Count(isDone => isDone);
        }

        return done;
    }
}
