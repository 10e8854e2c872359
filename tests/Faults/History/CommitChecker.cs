namespace OrleansTagCache.Faults.History;

/// <summary>A read that returned something older than what had been committed before the read began.</summary>
/// <param name="Read">The read.</param>
/// <param name="Evidence">The first operation that shows that something newer had been committed.</param>
internal readonly record struct OldRead(Operation Read, Operation Evidence)
{
    /// <summary>How long before the read that was, in ticks of the clock: the commit itself may have been earlier.</summary>
    public long Late => Read.Start - Evidence.End;
}

/// <summary>
/// Checks a history against the order of commits of a database, from the moment of each commit on. Versions of a row rise in the order of their commits, so a row is at a version or past it as soon as
/// anybody has evidence of that: the commit has returned, somebody has read it in the source, or somebody was given it by the cache.
/// </summary>
/// <remarks>Pure. A transaction is an operation of each of its steps: it takes a version, sends its commit, and hears of its end; one that says nothing more has died there.</remarks>
internal sealed class CommitChecker
{
    private readonly Dictionary<long, ulong> _rows = [];
    private readonly Dictionary<long, long> _sent = [];
    private readonly HashSet<long> _rolledBack = [];
    private readonly Dictionary<int, List<Operation>> _rises;

    /// <param name="operations">A history, in any order.</param>
    public CommitChecker(IReadOnlyCollection<Operation> operations)
    {
        foreach (var operation in operations)
        {
            Note(operation);
        }

        _rises = operations.Where(IsEvidence).SelectMany(Rows).GroupBy(each => each.Row, each => each.Operation).ToDictionary(each => each.Key, each => Rises(each));
    }

    /// <summary>The reads that are older than what had been committed before they began.</summary>
    public IEnumerable<OldRead> OldReads(IEnumerable<Operation> operations)
    {
        foreach (var read in Reads(operations))
        {
            if (FirstNewer(read.Key, read.Version) is { } evidence && evidence.End < read.Start)
            {
                yield return new(read, evidence);
            }
        }
    }

    /// <summary>The reads of what was never in the source: it was rolled back, or its commit had not been sent when the read had ended, or it was written into another row.</summary>
    public IEnumerable<Operation> UncommittedReads(IEnumerable<Operation> operations) => Reads(operations).Where(read => !IsCommitted(read));

    private static IEnumerable<Operation> Reads(IEnumerable<Operation> operations) =>
        operations.Where(operation => operation is { Kind: OperationKind.Read, Outcome: OperationOutcome.Done });

    private void Note(in Operation operation)
    {
        switch (operation.Kind)
        {
            case OperationKind.Write:
                _rows[operation.Version] = operation.Tags;
                break;
            case OperationKind.Commit:
                _sent[operation.Version] = Math.Min(operation.Start, _sent.GetValueOrDefault(operation.Version, long.MaxValue));
                break;
            case OperationKind.Rollback:
                _rolledBack.Add(operation.Version);
                break;
        }
    }

    /// <summary>Version 0 is what every row began with.</summary>
    private bool IsCommitted(in Operation read) =>
        read.Version == 0
        || (_rows.TryGetValue(read.Version, out var rows) && (rows & (1ul << read.Key)) != 0
            && !_rolledBack.Contains(read.Version)
            && _sent.TryGetValue(read.Version, out var sent) && sent < read.End);

    private bool IsEvidence(Operation operation) => operation is { Outcome: OperationOutcome.Done } && operation.Kind switch
    {
        OperationKind.Commit or OperationKind.Seen => true,
        OperationKind.Read => IsCommitted(operation),
        _ => false,
    };

    private static IEnumerable<(int Row, Operation Operation)> Rows(Operation operation)
    {
        if (operation.Kind != OperationKind.Commit)
        {
            yield return (operation.Key, operation);
            yield break;
        }

        for (var row = 0; row < 64; row++)
        {
            if ((operation.Tags & (1ul << row)) != 0)
            {
                yield return (row, operation);
            }
        }
    }

    /// <summary>Those that show a newer version than all that ended before them.</summary>
    private static List<Operation> Rises(IEnumerable<Operation> evidence)
    {
        List<Operation> rises = [];
        foreach (var each in evidence.OrderBy(each => each.End).ThenByDescending(each => each.Version))
        {
            if (rises.Count == 0 || each.Version > rises[^1].Version)
            {
                rises.Add(each);
            }
        }

        return rises;
    }

    private Operation? FirstNewer(int row, long version)
    {
        if (!_rises.TryGetValue(row, out var rises))
        {
            return null;
        }

        var (low, high) = (0, rises.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = rises[middle].Version > version ? (low, middle) : (middle + 1, high);
        }

        return low == rises.Count ? null : rises[low];
    }
}
