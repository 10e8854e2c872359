using System.Security.Cryptography;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Tokens;

/// <inheritdoc cref="ITokenSecretsGrain"/>
[KeepAlive, GrainType("otc.tokensecrets")]
internal sealed class TokenSecretsGrain(TimeProvider time) : Grain, ITokenSecretsGrain
{
    /// <summary>A secret is signed with for so long, and verified with for as long again: much longer than a token holds.</summary>
    internal static readonly TimeSpan Rotation = TimeSpan.FromHours(2);

    private TokenSecret[] _keys = [Make()];
    private Moment _made = time.Now();

    public ValueTask<TokenSecret[]> GetSecrets()
    {
        var age = time.Now() - _made;
        if (age >= Rotation)
        {
            // If no call came for long, the last secret is too old even to verify with.
            _keys = age < Rotation + Rotation ? [Make(), _keys[0]] : [Make()];
            _made = time.Now();
        }

        return new(_keys);
    }

    private static TokenSecret Make() => new(RandomNumberGenerator.GetInt32(int.MaxValue), RandomNumberGenerator.GetBytes(32));
}
