using System.Threading.RateLimiting;

namespace OrleansTagCache.Silo.Limits;

/// <summary>What is left of this silo for its callers.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class CallerLimits(LimitOptions options) : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly PartitionedRateLimiter<string> _calls = PartitionedRateLimiter.Create<string, string>(keyId =>
        RateLimitPartition.GetTokenBucketLimiter(keyId, _ => new()
        {
            TokenLimit = options.RequestsPerSecond,
            TokensPerPeriod = options.RequestsPerSecond,
            ReplenishmentPeriod = Second,
            QueueLimit = 0,
        }));

    /// <summary>Reads that wait for a value.</summary>
    public Quota WaitingReads { get; } = new(options.WaitingReads);

    /// <summary>Bytes of bodies of calls that are not answered yet.</summary>
    public Quota BodyBytes { get; } = new(options.BodyBytes);

    /// <summary>Counts a call of a key; beyond the bound, how long to wait before the next.</summary>
    public TimeSpan? CountCall(string keyId)
    {
        using var lease = _calls.AttemptAcquire(keyId);
        return lease.IsAcquired ? null : Second;
    }

    public void Dispose() => _calls.Dispose();
}

/// <summary>A bound of this silo is reached: the call is to be made again later.</summary>
internal sealed class OverloadedException(string message) : Exception(message);
