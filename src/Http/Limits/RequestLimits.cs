namespace OrleansTagCache.Http.Limits;

/// <summary>What is left of this silo for its callers.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class RequestLimits(HttpLimitOptions options, TimeProvider time)
{
    /// <summary>What those who are not known yet get of the bytes: they take nothing of the others.</summary>
    private const int ShareOfStrangers = 8;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly CallAllowances<string> _calls = new(options.RequestsPerSecond, Second / options.RequestsPerSecond, time);

    /// <summary>Reads that wait for a value.</summary>
    public Quota WaitingReads { get; } = new(options.WaitingReads);

    /// <summary>Bytes of bodies of calls that are not answered yet.</summary>
    public Quota BodyBytes { get; } = new(options.BodyBytes);

    /// <summary>Bytes of bodies that must be read before it is known who sent them.</summary>
    public Quota StrangersBytes { get; } = new(Math.Max(options.BodyBytes / ShareOfStrangers, HttpLimitOptions.HookBodyBytes));

    /// <summary>Counts a call of a key, or of a webhook; beyond the bound, how long to wait before the next.</summary>
    public TimeSpan? CountCall(string caller) => _calls.TryTake(caller) ? null : Second;
}

/// <summary>A bound of this silo is reached: the call is to be made again later.</summary>
internal sealed class OverloadedException(string message) : Exception(message);
