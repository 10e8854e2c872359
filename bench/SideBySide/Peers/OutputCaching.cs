using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansTagCache.Bench.SideBySide.Peers;

/// <summary>The Redis store of ASP.NET Core's output caching, without the middleware above it.</summary>
internal sealed class OutputCaching : ITaggedPeer, ISettablePeer
{
    private readonly ServiceProvider _services;
    private readonly IOutputCacheStore _store;

    private OutputCaching(ServiceProvider services) => (_services, _store) = (services, services.GetRequiredService<IOutputCacheStore>());

    public static OutputCaching OnRedis(string redis) => new(
        new ServiceCollection()
            .AddLogging()
            .AddStackExchangeRedisOutputCache(options => (options.Configuration, options.InstanceName) = (redis, "output:"))
            .BuildServiceProvider());

    public Read<byte[]> Entries(string[] tags, Make<byte[]> make) => async key =>
    {
        if (await _store.GetAsync(key, CancellationToken.None) is { } kept)
        {
            return kept;
        }

        var made = await make(CancellationToken.None);
        await _store.SetAsync(key, made, tags, PeerSettings.Life, CancellationToken.None);
        return made;
    };

    public Store Sets(string[] tags) => (key, value) => _store.SetAsync(key, value, tags, PeerSettings.Life, CancellationToken.None);

    public Task Invalidate(string tag) => _store.EvictByTagAsync(tag, CancellationToken.None).AsTask();

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
