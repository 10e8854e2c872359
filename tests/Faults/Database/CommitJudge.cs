using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Database;

/// <summary>Judges by the versions that had been committed, and by those that never were.</summary>
internal sealed class CommitJudge(CommitState commits, int slot) : IJudge
{
    public long FloorOf(int key) => commits.FloorOf(key);

    public Verdict Judge(in BegunRead read, in Row row)
    {
        if (!IsCommitted(row))
        {
            commits.Count(slot, CommitCounter.Uncommitted);
            return new(IsBad: true);
        }

        return new(row.Version < read.Floor, row.Version > commits.FloorOf(read.Key));
    }

    /// <summary>What somebody was given by the cache had been committed when it was made.</summary>
    public void Learn(in BegunRead read, in Row row)
    {
        if (IsCommitted(row))
        {
            commits.Raise(read.Key, row.Version);
        }
    }

    public string Describe(in BegunRead read, in Row row) =>
        $"{DatabaseLayout.KeyOf(read.Key)}, a version that is {commits.StateOf(row.Version)}; the row has reached {commits.FloorOf(read.Key)}";

    private bool IsCommitted(in Row row) => commits.StateOf(row.Version) is VersionState.Sent or VersionState.Committed;
}
