using System.Net;
using OrleansTagCache.Http.Limits;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Http.Authentication;

/// <summary>
/// Counts refused keys by network: so many at once, then one every so often. Networks that have
/// recovered are forgotten.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class FailedAttempts(HttpLimitOptions options, TimeProvider time)
{
    private static readonly TimeSpan OneEvery = TimeSpan.FromSeconds(3);

    private readonly CallAllowances<IPAddress> _left = new(options.Refusals, OneEvery, time);

    /// <summary>Counts one more; beyond the bound, how long to wait before the next try.</summary>
    public TimeSpan? Count(IPAddress? address) => _left.TryTake(PeerNetwork.Of(address ?? IPAddress.None)) ? null : OneEvery;
}
