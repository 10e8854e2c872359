using BenchmarkDotNet.Attributes;
using BitFaster.Caching.Lru;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Caching.Memory;
using OrleansTagCache.Bench.SideBySide.Measuring;
using OrleansTagCache.Bench.SideBySide.Peers;
using ZiggyCreatures.Caching.Fusion;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>One thread, a thousand hot entries, each peer by its own API and with everything preallocated: what BenchmarkDotNet measures.</summary>
/// <remarks>Factories throw: a read that is not a hit must not go unnoticed.</remarks>
[MemoryDiagnoser]
public class HotHits
{
    internal const string Ours = "ours, shared";
    internal const string Hybrid = "HybridCache memory, shared";
    internal const string Memory = "IMemoryCache, shared (floor)";

    private const int Entries = 1_000;
    private const int Mask = 4_095;

    private static readonly string[] Tags = ["hot-hits"];
    private static readonly CacheEntryOptions OursOptions = new() { Tags = Tags, Life = CacheLife.Max };
    private static readonly HybridCacheEntryOptions HybridOptions = new() { Expiration = PeerSettings.Life, LocalCacheExpiration = PeerSettings.Life };
    private static readonly FusionCacheEntryOptions FusionOptions = new(PeerSettings.Life);

    private readonly string[] _shared = new string[Mask + 1];
    private readonly string[] _copied = new string[Mask + 1];
    private ITagCache _ours = null!;
    private HybridCache _hybrid = null!;
    private IFusionCache _fusion = null!;
    private IMemoryCache _memory = null!;
    private ConcurrentLru<string, object> _lru = null!;
    private int _next;

    /// <summary>Set before the run: BenchmarkDotNet makes the instances of this class, in this process.</summary>
    internal static NearPeers? Peers { get; set; }

    [GlobalSetup]
    public async Task Fill()
    {
        var peers = Peers ?? throw new InvalidOperationException("There are no peers.");
        (_ours, _hybrid, _fusion, _memory, _lru) = (peers.Ours.Cache, peers.Hybrid.Cache, peers.Fusion.Cache, peers.Memory.Cache, peers.Lru.Cache);
        foreach (INearPeer peer in new INearPeer[] { peers.Ours, peers.Hybrid, peers.Fusion, peers.Memory, peers.Lru })
        {
            var shared = new EntrySet<Document>("hot", Entries, peer.Entries, Document.Make);
            var copied = new EntrySet<byte[]>("hot-bytes", Entries, peer.Entries, Document.MakeBytes);
            await shared.Fill();
            await copied.Fill();
            var sequence = Sequences.Uniform(Entries);
            for (var i = 0; i <= Mask; i++)
            {
                (_shared[i], _copied[i]) = (shared.Key(sequence[i]), copied.Key(sequence[i]));
            }
        }
    }

    [Benchmark(Description = Ours)]
    public ValueTask<Document> OursShared() =>
        _ours.GetOrCreateAsync(Next(_shared), 0, static (_, _, _) => NotAHit<Document>(), OursOptions);

    [Benchmark(Description = Hybrid)]
    public ValueTask<Document> HybridShared() =>
        _hybrid.GetOrCreateAsync(Next(_shared), 0, static (_, _) => NotAHit<Document>(), HybridOptions, Tags);

    [Benchmark(Description = "FusionCache memory, shared")]
    public ValueTask<Document> FusionShared() =>
        _fusion.GetOrSetAsync<Document>(Next(_shared), static (_, _) => NotAHit<Document>().AsTask(), default, FusionOptions, Tags);

    [Benchmark(Description = Memory)]
    public ValueTask<Document> MemoryShared() =>
        _memory.TryGetValue(Next(_shared), out Document? kept) ? new(kept!) : NotAHit<Document>();

    [Benchmark(Description = "BitFaster, shared (floor)")]
    public ValueTask<Document> LruShared() =>
        _lru.TryGet(Next(_shared), out var kept) ? new((Document)kept) : NotAHit<Document>();

    [Benchmark(Description = "ours, copied")]
    public ValueTask<byte[]> OursCopied() =>
        _ours.GetOrCreateAsync(Next(_copied), 0, static (_, _, _) => NotAHit<byte[]>(), OursOptions);

    [Benchmark(Description = "HybridCache memory, copied")]
    public ValueTask<byte[]> HybridCopied() =>
        _hybrid.GetOrCreateAsync(Next(_copied), 0, static (_, _) => NotAHit<byte[]>(), HybridOptions, Tags);

    private static ValueTask<T> NotAHit<T>() => throw new InvalidOperationException("An entry was not in memory.");

    private string Next(string[] keys) => keys[_next++ & Mask];
}

/// <summary>Peers that keep values in the process.</summary>
internal sealed record NearPeers(Ours Ours, Hybrid Hybrid, Fusion Fusion, Memory Memory, Lru Lru);
