namespace OrleansTagCache.Contracts;

/// <summary>
/// The secrets that the cluster's silos authenticate HTTP tokens with. They live in memory: when their silo goes, new ones are made, which every silo asks for as soon as it sees that a silo has gone. Tokens
/// that were given out before are refused where those were not known, which costs their holders a repeated generation.
/// </summary>
[Alias("otc.ITokenSecretsGrain")]
internal interface ITokenSecretsGrain : IGrainWithIntegerKey
{
    /// <summary>The secrets that are good now, the one to sign with first.</summary>
    [Alias("GetSecrets"), ResponseTimeout("00:00:05")]
    ValueTask<TokenSecret[]> GetSecrets();
}

/// <summary>One secret.</summary>
/// <param name="Id">Its name, which tokens carry.</param>
/// <param name="Secret">256 random bits.</param>
[GenerateSerializer, Immutable, Alias("otc.TokenSecret")]
internal sealed record TokenSecret([property: Id(0)] int Id, [property: Id(1)] byte[] Secret);
