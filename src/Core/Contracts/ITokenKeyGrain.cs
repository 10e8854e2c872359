namespace OrleansTagCache.Contracts;

/// <summary>
/// The secret that the cluster's silos authenticate HTTP tokens with. It lives in memory: when its silo goes, a new one is made, and tokens
/// that were given out before are refused, which costs their holders a repeated generation.
/// </summary>
[Alias("otc.ITokenKeyGrain")]
internal interface ITokenKeyGrain : IGrainWithIntegerKey
{
    /// <summary>256 random bits.</summary>
    [Alias("GetKey"), ResponseTimeout("00:00:05")]
    ValueTask<byte[]> GetKey();
}
