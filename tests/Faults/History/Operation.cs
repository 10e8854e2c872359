namespace OrleansTagCache.Faults.History;

internal enum OperationKind : byte
{
    Read = 1,
    Update = 2,
    Set = 3,
    Remove = 4,
    Revalidate = 5,

    /// <summary>A transaction took a version that it is about to write. Nothing of it is committed.</summary>
    Write = 6,

    /// <summary>A transaction's commit: unknown when it is sent, done when it has returned.</summary>
    Commit = 7,

    /// <summary>A transaction was rolled back for certain.</summary>
    Rollback = 8,

    /// <summary>Somebody read the source itself: what it saw had been committed.</summary>
    Seen = 9,

    /// <summary>An update of all of several tags: of what bears every one of them.</summary>
    UpdateAll = 10,
}

internal enum OperationOutcome : byte
{
    /// <summary>It returned.</summary>
    Done = 1,

    /// <summary>It threw: it may or may not have happened.</summary>
    Unknown = 2,
}

/// <summary>One operation of one process, with its start and end on the machine's one monotonic clock.</summary>
/// <param name="Kind">What it was.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Process">The slot of the process.</param>
/// <param name="Key">The key of a read, a set or a removal; -1 for tags.</param>
/// <param name="Tags">The tags of an update, or the rows of a transaction, as bits.</param>
/// <param name="Version">What a read saw, or what a change had written into the source before it began.</param>
/// <param name="Floor">The oldest version that the read might return, as its process knew.</param>
/// <param name="Start">Before it began.</param>
/// <param name="End">After it had ended.</param>
/// <param name="MadeAt">When the value that was read was begun.</param>
internal readonly record struct Operation(
    OperationKind Kind, OperationOutcome Outcome, int Process, int Key, ulong Tags, long Version, long Floor, long Start, long End, long MadeAt)
{
    public static Operation Read(int process, int key, long version, long floor, long start, long end, long madeAt) =>
        new(OperationKind.Read, OperationOutcome.Done, process, key, 0, version, floor, start, end, madeAt);

    public static Operation Change(OperationKind kind, OperationOutcome outcome, int process, int key, ulong tags, long version, long start, long end) =>
        new(kind, outcome, process, key, tags, version, 0, start, end, 0);
}
