using System.Threading.RateLimiting;

namespace OrleansTagCache.Http.Limits;

/// <summary>What is left of this silo for its callers.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class RequestLimits(HttpLimitOptions options) : IDisposable
{
    /// <summary>What those who are not known yet get of the bytes: they take nothing of the others.</summary>
    private const int ShareOfStrangers = 8;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>Made for the first call: it looks ten times a second at what it has, even at nothing.</summary>
    private readonly Lazy<PartitionedRateLimiter<string>> _calls = new(() => PartitionedRateLimiter.Create<string, string>(caller =>
        RateLimitPartition.GetTokenBucketLimiter(caller, _ => new()
        {
            TokenLimit = options.RequestsPerSecond,
            TokensPerPeriod = options.RequestsPerSecond,
            ReplenishmentPeriod = Second,
            QueueLimit = 0,
        })));

    /// <summary>Reads that wait for a value.</summary>
    public Quota WaitingReads { get; } = new(options.WaitingReads);

    /// <summary>Open streams of events.</summary>
    public Quota EventStreams { get; } = new(options.EventStreams);

    /// <summary>Connections of clients that may keep entries near.</summary>
    public Quota Sessions { get; } = new(options.Sessions);

    /// <summary>Bytes of bodies of calls that are not answered yet.</summary>
    public Quota BodyBytes { get; } = new(options.BodyBytes);

    /// <summary>Bytes of bodies that must be read before it is known who sent them.</summary>
    public Quota StrangersBytes { get; } = new(Math.Max(options.BodyBytes / ShareOfStrangers, HttpLimitOptions.HookBodyBytes));

    /// <summary>Counts a call of a key, or of a webhook; beyond the bound, how long to wait before the next.</summary>
    public TimeSpan? CountCall(string caller)
    {
        using var lease = _calls.Value.AttemptAcquire(caller);
        return lease.IsAcquired ? null : Second;
    }

    public void Dispose()
    {
        if (_calls.IsValueCreated)
        {
            _calls.Value.Dispose();
        }
    }
}

/// <summary>A bound of this silo is reached: the call is to be made again later.</summary>
internal sealed class OverloadedException(string message) : Exception(message);
