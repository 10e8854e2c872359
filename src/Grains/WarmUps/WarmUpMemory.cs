using System.Collections.Concurrent;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;

namespace OrleansTagCache.WarmUps;

/// <summary>What this silo remembers of warm-ups. It is in memory on purpose: it lives as long as what was filled may.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class WarmUpMemory
{
    /// <summary>Further ones are not remembered.</summary>
    private const int Maximum = 10_000;

    private readonly ConcurrentDictionary<string, WarmUpMark> _marks = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, string> _offers = new(StringComparer.Ordinal);

    /// <summary>A grain on this silo is offered a warm-up, or is no longer.</summary>
    /// <param name="scopedName">The namespaced name.</param>
    /// <param name="loader">Its loader; null if no process offers it.</param>
    public void Offered(string scopedName, string? loader)
    {
        if (loader is null)
        {
            _offers.TryRemove(scopedName, out _);
        }
        else if (_offers.Count < Maximum || _offers.ContainsKey(scopedName))
        {
            _offers[scopedName] = loader;
        }
    }

    /// <summary>The first warm-ups of a namespace, in ordinal order.</summary>
    public WarmUpReport[] Describe(CacheNamespace ns, int limit) =>
    [
        .. _marks.Select(known => known.Key).Union(_offers.Select(offer => offer.Key), StringComparer.Ordinal)
            .Where(scopedName => CacheNamespace.Of(scopedName) == ns)
            .Order(StringComparer.Ordinal)
            .Take(limit)
            .Select(scopedName => (Name: scopedName, Mark: _marks.GetValueOrDefault(scopedName)))
            .Select(known => new WarmUpReport(CacheNamespace.Split(known.Name).Name, _offers.GetValueOrDefault(known.Name) ?? known.Mark?.Loader, known.Mark)),
    ];

    /// <summary>Takes what a caller knows, and answers with what is known then. What is done stays done.</summary>
    public WarmUpMark? Tell(string scopedName, WarmUpMark? mark)
    {
        if (mark is not null && (_marks.Count < Maximum || _marks.ContainsKey(scopedName)))
        {
            _marks.AddOrUpdate(scopedName, mark, (_, known) => known.IsDone ? known : mark);
        }

        return _marks.GetValueOrDefault(scopedName);
    }
}
