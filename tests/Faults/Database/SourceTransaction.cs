using OrleansTagCache.Faults.Conductor;
using OrleansTagCache.Faults.History;
using OrleansTagCache.Faults.Roles;

namespace OrleansTagCache.Faults.Database;

/// <summary>What is published and written down of one transaction, step by step, so that nothing is lost when its process dies at any of them.</summary>
internal sealed class SourceTransaction
{
    private readonly RoleContext _role;
    private readonly CommitState _commits;
    private readonly int _writer;
    private readonly ulong _rows;
    private readonly bool _diesAfterCommit;
    private long _sentAt;

    /// <summary>It is about to write: its rows must be locked.</summary>
    public SourceTransaction(RoleContext role, CommitState commits, int writer, int[] rows, bool diesAfterCommit)
    {
        (_role, _commits, _writer, _diesAfterCommit) = (role, commits, writer, diesAfterCommit);
        (_rows, Version) = (DatabaseLayout.MaskOf(rows), commits.Begin());
        Write(OperationKind.Write, OperationOutcome.Done, role.Time.GetTimestamp());
    }

    /// <summary>What it writes into its rows.</summary>
    public long Version { get; }

    /// <summary>Its commit has returned.</summary>
    public bool IsCommitted { get; private set; }

    /// <summary>Its commit has failed, and may have happened.</summary>
    public bool IsUnknown { get; set; }

    /// <summary>Its commit is sent next: from now on it may be seen.</summary>
    public void CommitSent()
    {
        _sentAt = _role.Time.GetTimestamp();
        Write(OperationKind.Commit, OperationOutcome.Unknown, _sentAt);
        _commits.Set(Version, VersionState.Sent);
    }

    /// <summary>
    /// Its commit, if one was sent, has returned, and nothing else has been done yet: whoever begins to read from now on must not get less. A nemesis may have asked that the process dies here. Only the first call counts.
    /// </summary>
    public void CommitReturned()
    {
        if (_sentAt == 0 || IsUnknown || IsCommitted)
        {
            return;
        }

        IsCommitted = true;
        Write(OperationKind.Commit, OperationOutcome.Done, _sentAt);
        _commits.Set(Version, VersionState.Committed);
        _commits.RaiseAll(_rows, Version);
        _commits.Count(_role.Options.Slot, CommitCounter.Committed);
        if (_diesAfterCommit)
        {
            _commits.Set(_writer, WriterCell.DoneAt, _role.Time.GetTimestamp());
            Signals.Send(Environment.ProcessId, Signals.Kill);
        }
    }

    /// <summary>It was rolled back for certain.</summary>
    public void RolledBack(CommitCounter why)
    {
        Write(OperationKind.Rollback, OperationOutcome.Done, _role.Time.GetTimestamp());
        _commits.Set(Version, VersionState.RolledBack);
        _commits.Count(_role.Options.Slot, why);
    }

    /// <summary>The cache was told of the commit: what an update promises holds from now on.</summary>
    public void Told(long start) => Write(OperationKind.Update, OperationOutcome.Done, start);

    private void Write(OperationKind kind, OperationOutcome outcome, long start) => _role.Log.Write(
        Operation.Change(kind, outcome, _role.Options.Slot, key: -1, _rows, Version, start, _role.Time.GetTimestamp()), flush: true);
}
