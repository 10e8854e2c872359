using System.Numerics;
using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Database;

/// <summary>How far the transaction of a version has come.</summary>
internal enum VersionState : byte
{
    Unused,

    /// <summary>It is written, and not committed: nobody else may see it.</summary>
    Begun,

    /// <summary>Its commit was sent: it may be seen from now on.</summary>
    Sent,

    Committed,

    /// <summary>Nobody may ever see it.</summary>
    RolledBack,
}

/// <summary>What is counted of a database's transactions and reads, in cells of each process.</summary>
internal enum CommitCounter
{
    Committed,
    RolledBack,

    /// <summary>No hold could be had, or too little of it was left before the commit: nothing was committed.</summary>
    Refused,

    /// <summary>A hold of a commit was not known to have been held throughout: its tags were updated.</summary>
    Lapsed,

    /// <summary>The end of a commit is not known.</summary>
    Unknown,

    /// <summary>Reads of the source by the prober.</summary>
    Probes,

    /// <summary>Reads through the cache within a transaction that has written.</summary>
    OwnReads,

    /// <summary>Reads of what was never committed.</summary>
    Uncommitted,
}

/// <summary>What a nemesis asks of a writer, and what that writer tells of it.</summary>
internal enum WriterCell
{
    /// <summary>The writer kills itself between its next commit and the release: the length of its hold in milliseconds, 0 for no.</summary>
    DieAfterCommit,

    /// <summary>The writer's next transaction stays open, its tags held, until this is 0 again: the length of its hold in milliseconds.</summary>
    Dwell,

    /// <summary>When the hold of such a transaction was asked for.</summary>
    AskedAt,

    /// <summary>When it was had.</summary>
    HeldAt,

    /// <summary>When its commit had returned, or it has begun to dwell.</summary>
    DoneAt,
}

/// <summary>
/// The memory that all processes of a run on a database share: the state of each version, the version that each row is known to have passed, counters, and what nemeses ask of writers.
/// A reader takes the floor of a row before it begins. The floor is raised by whoever has evidence of a commit: so a value below the floor is older than a commit that had happened before the read began.
/// </summary>
/// <remarks>Thread-safe and process-safe: every cell is read and written whole.</remarks>
internal sealed class CommitState(string path) : IDisposable
{
    private const int Versions = 1 << 21;
    private const int Counters = 16;
    private const int WriterCells = 8;

    private const int Sequence = 0;
    private const int Floors = 64;
    private const int Counted = Floors + 64;
    private const int OfWriters = Counted + (SharedState.Slots * Counters);
    private const int Cells = OfWriters + (DatabaseLayout.Writers * WriterCells);

    private readonly SharedCells _cells = new(path, Cells, Versions);

    /// <summary>Takes a version that is newer than every one before it. Take it with the rows locked: so versions of a row rise in the order of its commits.</summary>
    public long Begin()
    {
        var version = Interlocked.Increment(ref At(Sequence));
        Set(version, VersionState.Begun);
        return version;
    }

    public void Set(long version, VersionState state)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(version, Versions);
        Volatile.Write(ref _cells.ByteAt(version), (byte)state);
    }

    /// <summary>Of version 0, which every row begins with, it is committed.</summary>
    public VersionState StateOf(long version) =>
        version == 0 ? VersionState.Committed : version is < 0 or >= Versions ? VersionState.Unused : (VersionState)Volatile.Read(ref _cells.ByteAt(version));

    /// <summary>The version that the row is known to have reached.</summary>
    public long FloorOf(int row) => Volatile.Read(ref At(Floors + row));

    /// <summary>Says that a row is known to have reached a version.</summary>
    public void Raise(int row, long version) => _cells.Raise(Floors + row, version);

    /// <summary>Says that all of these rows are known to have reached a version.</summary>
    public void RaiseAll(ulong rows, long version)
    {
        for (; rows != 0; rows &= rows - 1)
        {
            Raise(BitOperations.TrailingZeroCount(rows), version);
        }
    }

    public void Count(int slot, CommitCounter counter, long by = 1) => Interlocked.Add(ref At(CounterCell(slot, counter)), by);

    public long SumOf(CommitCounter counter) => Enumerable.Range(0, SharedState.Slots).Sum(slot => Volatile.Read(ref At(CounterCell(slot, counter))));

    public long Of(int writer, WriterCell cell) => Volatile.Read(ref At(OfWriters + (writer * WriterCells) + (int)cell));

    public void Set(int writer, WriterCell cell, long value) => Volatile.Write(ref At(OfWriters + (writer * WriterCells) + (int)cell), value);

    public void Dispose() => _cells.Dispose();

    private static int CounterCell(int slot, CommitCounter counter) => Counted + (slot * Counters) + (int)counter;

    private ref long At(int cell) => ref _cells.At(cell);
}
