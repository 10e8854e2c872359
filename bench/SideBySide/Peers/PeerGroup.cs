namespace OrleansTagCache.Bench.SideBySide.Peers;

/// <summary>The peers that take part in a workload, all connected to the same Redis.</summary>
internal sealed class PeerGroup : IAsyncDisposable
{
    private readonly Dictionary<string, IPeer> _peers = [];

    private PeerGroup(IReadOnlyList<string> names) => Names = names;

    public IReadOnlyList<string> Names { get; }

    public IPeer this[string name] => _peers[name];

    public static async Task<PeerGroup> Open(string redis, params string[] names)
    {
        var group = new PeerGroup(names);
        foreach (var name in names)
        {
            group._peers[name] = await Catalogue.Open(name, redis);
        }

        return group;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var peer in _peers.Values)
        {
            await peer.DisposeAsync();
        }
    }
}
