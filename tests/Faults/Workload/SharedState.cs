using System.Numerics;

namespace OrleansTagCache.Faults.Workload;

/// <summary>What a process counts, in cells of its own, so that the counts survive it.</summary>
internal enum Counter
{
    Reads,
    Generated,
    Failed,
    NotAnswered,
    Bypassed,
    Violations,
    Updates,
    UpdatesFailed,
    SlowestRead,
    StartedAt,

    /// <summary>How often the process was frozen: a read that was frozen itself says nothing about the cache.</summary>
    Freezes,

    /// <summary>The first of the counters of reads, one a surface.</summary>
    FirstRead,

    /// <summary>The first of the counters of reads that broke the promise, one a surface.</summary>
    FirstBad = FirstRead + 8,
}

/// <summary>
/// The memory that all processes of a run share: the versioned source, what is confirmed of it, counters, and which connections are cut.
/// A read of the source takes nanoseconds and is never stale by itself.
/// </summary>
/// <remarks>
/// Thread-safe and process-safe: every cell is one aligned 64-bit word, read and written whole. A version is confirmed after its update has
/// returned, and a reader takes the floor before it begins: so a value below the floor breaks the promise, without exception.
/// </remarks>
internal sealed class SharedState(string path) : IDisposable
{
    public const int Slots = 16;
    private const int MaximumKeys = 256;
    private const int CountersPerSlot = 32;

    private const int Sequence = 0;
    private const int Stop = 1;
    private const int Coordinator = 2;
    private const int Source = 64;
    private const int TagFloor = Source + MaximumKeys;
    private const int KeyFloor = TagFloor + Layout.MaximumTags;
    private const int Counters = KeyFloor + MaximumKeys;
    private const int Cut = Counters + (Slots * CountersPerSlot);
    private const int Ports = Cut + (Slots * Slots);
    private const int InFlight = Ports + (Slots * 2);
    private const int LastDone = InFlight + Slots;
    private const int Cells = LastDone + Slots;

    private readonly SharedCells _cells = new(path, Cells);

    /// <summary>Whether all processes are to end their work.</summary>
    public bool IsOver
    {
        get => Volatile.Read(ref At(Stop)) != 0;
        set => Volatile.Write(ref At(Stop), value ? 1 : 0);
    }

    /// <summary>The port of the silo that coordinates updates of the common tag, as last seen; 0 if unknown.</summary>
    public long CoordinatorPort
    {
        get => Volatile.Read(ref At(Coordinator));
        set => Volatile.Write(ref At(Coordinator), value);
    }

    /// <summary>The version of a row in the source, as of now.</summary>
    public long VersionOf(int key) => Volatile.Read(ref At(Source + Layout.RowOf(key)));

    /// <summary>A version that is newer than every one before it.</summary>
    public long NextVersion() => Interlocked.Increment(ref At(Sequence));

    /// <summary>Writes the rows of all keys that bear one of the tags, or all of them.</summary>
    public void WriteRows(ulong tags, TagMatch match, long version)
    {
        for (var key = 0; key < Layout.Keys; key++)
        {
            var borne = Layout.TagsOf(key) & tags;
            if (match == TagMatch.All ? borne == tags : borne != 0)
            {
                WriteRow(key, version);
            }
        }
    }

    public void WriteRow(int key, long version) => _cells.Raise(Source + key, version);

    /// <summary>The update of these tags has returned.</summary>
    public void ConfirmTags(ulong tags, long version)
    {
        for (; tags != 0; tags &= tags - 1)
        {
            _cells.Raise(TagFloor + BitOperations.TrailingZeroCount(tags), version);
        }
    }

    /// <summary>The update of all of these tags has returned: it says nothing of any of them alone, but of keys, and of what is made from them.</summary>
    public void ConfirmAll(ulong tags, long version)
    {
        for (var key = 0; key < Layout.Keys; key++)
        {
            if ((Layout.TagsOf(key) & tags) == tags)
            {
                ConfirmKey(key, version);
                ConfirmKey(Layout.DerivedFrom(key), version);
            }
        }
    }

    /// <summary>The set or removal of this key has returned.</summary>
    public void ConfirmKey(int key, long version) => _cells.Raise(KeyFloor + key, version);

    /// <summary>The oldest version that a read which begins now may return.</summary>
    public long FloorOf(int key)
    {
        var floor = Volatile.Read(ref At(KeyFloor + key));
        for (var tags = Layout.TagsOf(key); tags != 0; tags &= tags - 1)
        {
            floor = Math.Max(floor, Volatile.Read(ref At(TagFloor + BitOperations.TrailingZeroCount(tags))));
        }

        return floor;
    }

    public void Count(int slot, Counter counter, long by = 1) => Interlocked.Add(ref At(CounterCell(slot, counter)), by);

    public void CountRead(int slot, Surface surface, bool isBad)
    {
        Count(slot, Counter.Reads);
        Count(slot, Counter.FirstRead + (int)surface);
        if (isBad)
        {
            Count(slot, Counter.Violations);
            Count(slot, Counter.FirstBad + (int)surface);
        }
    }

    /// <summary>How many reads through a surface were answered.</summary>
    public long ReadsOf(Surface surface) => SumOf(Counter.FirstRead + (int)surface);

    /// <summary>How many of them broke the promise.</summary>
    public long BadOf(Surface surface) => SumOf(Counter.FirstBad + (int)surface);

    public void CountMaximum(int slot, Counter counter, long value) => _cells.Raise(CounterCell(slot, counter), value);

    public void SetCounter(int slot, Counter counter, long value) => Volatile.Write(ref At(CounterCell(slot, counter)), value);

    public long CounterOf(int slot, Counter counter) => Volatile.Read(ref At(CounterCell(slot, counter)));

    public long SumOf(Counter counter) => Enumerable.Range(0, Slots).Sum(slot => CounterOf(slot, counter));

    public bool IsCut(int one, int other) => Volatile.Read(ref At(Cut + (one * Slots) + other)) != 0;

    /// <summary>Cuts or mends everything between two processes, both ways.</summary>
    public void SetCut(int one, int other, bool isCut)
    {
        Volatile.Write(ref At(Cut + (one * Slots) + other), isCut ? 1 : 0);
        Volatile.Write(ref At(Cut + (other * Slots) + one), isCut ? 1 : 0);
    }

    /// <summary>The process in this slot listens there.</summary>
    public void SetPorts(int slot, int siloPort, int gatewayPort)
    {
        Volatile.Write(ref At(Ports + (slot * 2)), siloPort);
        Volatile.Write(ref At(Ports + (slot * 2) + 1), gatewayPort);
    }

    /// <summary>Which slot listens on a port; -1 if none does.</summary>
    public int SlotOf(int port)
    {
        for (var slot = 0; slot < Slots; slot++)
        {
            if (Volatile.Read(ref At(Ports + (slot * 2))) == port || Volatile.Read(ref At(Ports + (slot * 2) + 1)) == port)
            {
                return slot;
            }
        }

        return -1;
    }

    /// <summary>When the updater's operation that is on its way began, and which tags it is of; 0 if none is.</summary>
    public void SetInFlight(int updater, ulong tags) => Volatile.Write(ref At(InFlight + updater), (long)tags);

    public ulong InFlightOf(int updater) => (ulong)Volatile.Read(ref At(InFlight + updater));

    /// <summary>When the updater's last completed operation began.</summary>
    public void SetLastDone(int updater, long begunAt) => Volatile.Write(ref At(LastDone + updater), begunAt);

    public long LastDoneOf(int updater) => Volatile.Read(ref At(LastDone + updater));

    public void Dispose() => _cells.Dispose();

    private static int CounterCell(int slot, Counter counter) => Counters + (slot * CountersPerSlot) + (int)counter;

    private ref long At(int cell) => ref _cells.At(cell);
}
