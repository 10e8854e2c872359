using System.Collections.Concurrent;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.WarmUps;

/// <summary>What this silo remembers of warm-ups. It is in memory on purpose: it lives as long as what was filled may.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class WarmUpMemory
{
    /// <summary>Further ones are not remembered.</summary>
    private const int Maximum = 10_000;

    private readonly ConcurrentDictionary<string, WarmUpMark> _marks = new(StringComparer.Ordinal);

    /// <summary>All warm-ups that are known, by their namespaced names.</summary>
    public IEnumerable<KeyValuePair<string, WarmUpMark>> All => _marks;

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
