using System.Security.Cryptography;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Tokens;

/// <inheritdoc cref="ITokenKeyGrain"/>
[KeepAlive, GrainType("otc.tokenkey")]
internal sealed class TokenKeyGrain : Grain, ITokenKeyGrain
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    public ValueTask<byte[]> GetKey() => new(_key);
}
