namespace OrleansTagCache;

/// <summary>A server action, and how many holds of tags it has.</summary>
/// <remarks>Thread-safe.</remarks>
internal class ActionScope
{
    private int _holds;

    public bool IsHolding => Volatile.Read(ref _holds) > 0;

    /// <summary>So many holds more, or fewer.</summary>
    public void CountHolds(int by) => Interlocked.Add(ref _holds, by);
}
