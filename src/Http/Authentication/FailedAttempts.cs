using System.Net;
using System.Threading.RateLimiting;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Http.Authentication;

/// <summary>
/// Counts refused keys by network: so many at once, then one every so often. Networks that have
/// recovered are forgotten.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class FailedAttempts(HttpLimitOptions options) : IDisposable
{
    private static readonly TimeSpan OneEvery = TimeSpan.FromSeconds(3);

    /// <summary>Made for the first: it looks ten times a second at what it has, even at nothing.</summary>
    private readonly Lazy<PartitionedRateLimiter<IPAddress>> _left = new(() => PartitionedRateLimiter.Create<IPAddress, IPAddress>(address =>
        RateLimitPartition.GetTokenBucketLimiter(PeerNetwork.Of(address), _ => new()
        {
            TokenLimit = options.Refusals,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = OneEvery,
            QueueLimit = 0,
        })));

    /// <summary>Counts one more; beyond the bound, how long to wait before the next try.</summary>
    public TimeSpan? Count(IPAddress? address)
    {
        using var lease = _left.Value.AttemptAcquire(address ?? IPAddress.None);
        return lease.IsAcquired ? null : OneEvery;
    }

    public void Dispose()
    {
        if (_left.IsValueCreated)
        {
            _left.Value.Dispose();
        }
    }
}
