namespace OrleansTagCache.Faults.History;

/// <summary>A read that returned something older than an update that had returned before the read began.</summary>
internal readonly record struct Violation(Operation Read, Operation Update);

/// <summary>
/// Checks a history against the promise: for every read it finds the newest version whose update, set or removal had returned before the read
/// began. Changes that did not return count for nothing: they may or may not have happened.
/// </summary>
/// <remarks>Pure. Costs time in changes x keys once, and the logarithm of the changes for each read.</remarks>
internal sealed class Checker
{
    private readonly Func<int, ulong> _tagsOf;
    private readonly List<Operation> _changes;
    private readonly Dictionary<int, Bound[]> _bounds = [];

    /// <param name="operations">A history, in any order; reads in it are ignored here.</param>
    /// <param name="tagsOf">The tags of a key, as bits.</param>
    public Checker(IEnumerable<Operation> operations, Func<int, ulong> tagsOf)
    {
        _tagsOf = tagsOf;
        _changes = [.. operations
            .Where(operation => operation is
            {
                Kind: OperationKind.Update or OperationKind.UpdateAll or OperationKind.Set or OperationKind.Remove, Outcome: OperationOutcome.Done,
            })
            .OrderBy(operation => operation.End)];
    }

    /// <summary>The reads of a history that break the promise.</summary>
    public IEnumerable<Violation> Violations(IEnumerable<Operation> operations)
    {
        foreach (var read in operations.Where(operation => operation is { Kind: OperationKind.Read, Outcome: OperationOutcome.Done }))
        {
            if (NewestBefore(read.Key, read.Start) is { } newest && read.Version < newest.Version)
            {
                yield return new(read, newest);
            }
        }
    }

    /// <summary>The newest change of the key that had returned before that moment.</summary>
    private Operation? NewestBefore(int key, long moment)
    {
        var bounds = BoundsOf(key);
        var (low, high) = (0, bounds.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (bounds[middle].Since < moment)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low == 0 ? null : bounds[low - 1].Newest;
    }

    private Bound[] BoundsOf(int key)
    {
        if (!_bounds.TryGetValue(key, out var bounds))
        {
            _bounds.Add(key, bounds = [.. Rises(key)]);
        }

        return bounds;
    }

    private IEnumerable<Bound> Rises(int key)
    {
        var tags = _tagsOf(key);
        var newest = long.MinValue;
        foreach (var change in _changes)
        {
            if (change.Version > newest && Concerns(change, key, tags))
            {
                newest = change.Version;
                yield return new(change.End, change);
            }
        }
    }

    private static bool Concerns(in Operation change, int key, ulong tags) => change.Kind switch
    {
        OperationKind.Update => (change.Tags & tags) != 0,
        OperationKind.UpdateAll => (change.Tags & tags) == change.Tags,
        _ => change.Key == key,
    };

    private readonly record struct Bound(long Since, Operation Newest);
}
