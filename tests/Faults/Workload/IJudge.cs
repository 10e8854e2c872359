namespace OrleansTagCache.Faults.Workload;

/// <summary>What a read was worth.</summary>
/// <param name="IsBad">Whether it broke the promise.</param>
/// <param name="IsEvidence">Whether the checker needs it, since it shows first that something newer is there.</param>
internal readonly record struct Verdict(bool IsBad, bool IsEvidence = false);

/// <summary>Knows what reads must not fall below.</summary>
/// <remarks>Thread-safe.</remarks>
internal interface IJudge
{
    /// <summary>The oldest version that a read which begins now may return.</summary>
    long FloorOf(int key);

    Verdict Judge(in BegunRead read, in Row row);

    /// <summary>What was read is written down: whoever begins to read from now on may rely on it.</summary>
    void Learn(in BegunRead read, in Row row);

    /// <summary>A bad read's key and the state of its source, for the one who looks for the fault.</summary>
    string Describe(in BegunRead read, in Row row);
}

/// <summary>Judges by the versions whose updates have returned.</summary>
internal sealed class UpdateJudge(SharedState state) : IJudge
{
    public long FloorOf(int key) => state.FloorOf(key);

    public Verdict Judge(in BegunRead read, in Row row) => new(row.Version < read.Floor);

    public void Learn(in BegunRead read, in Row row)
    {
    }

    public string Describe(in BegunRead read, in Row row) => $"key {Layout.KeyName(Layout.RowOf(read.Key))}; the source is at {state.VersionOf(read.Key)}";
}
