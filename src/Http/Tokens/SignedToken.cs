using System.Security.Cryptography;
using System.Text;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Http.Tokens;

/// <summary>A token: the silo that gave it and the generation, under a seal for the namespaced key.</summary>
internal static class SignedToken
{
    private const int SiloLength = 8;

    public static byte[] SiloOf(string address) => SHA256.HashData(Encoding.UTF8.GetBytes(address))[..SiloLength];

    public static string Seal(TokenSecret key, ReadOnlySpan<byte> silo, string scopedKey, TokenId id)
    {
        Span<byte> content = stackalloc byte[SealedBytes.ContentLength];
        silo.CopyTo(content);
        id.Value.TryWriteBytes(content[SiloLength..]);
        return SealedBytes.Seal(key, scopedKey, content);
    }

    /// <summary>The generation, or <see cref="TokenId.None"/> if the token was not sealed so.</summary>
    public static TokenId Open(TokenSecret key, string scopedKey, byte[] token) =>
        SealedBytes.TryOpen(key, scopedKey, token, out var content) ? new(new Guid(content[SiloLength..])) : TokenId.None;
}
