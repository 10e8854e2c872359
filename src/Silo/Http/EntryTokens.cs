using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Silo.Http;

/// <summary>
/// The tokens that HTTP callers hold: a generation's identity, authenticated together with the namespaced key by HMAC-SHA256 under a secret
/// that the cluster shares. Nothing in a token is looked at before it is verified.
/// </summary>
/// <remarks>Thread-safe. The secret is asked for once, and again when a token does not verify: it may have been made anew meanwhile.</remarks>
internal sealed class EntryTokens(IGrainFactory grains)
{
    private const int IdLength = 16;
    private const int Length = IdLength + HMACSHA256.HashSizeInBytes;

    private volatile byte[]? _secret;

    public async ValueTask<string> Protect(string scopedKey, GenerationId id)
    {
        var secret = _secret ??= await grains.GetGrain<ITokenKeyGrain>(0).GetKey();
        var token = new byte[Length];
        id.Value.TryWriteBytes(token);
        Sign(secret, scopedKey, token.AsSpan(0, IdLength), token.AsSpan(IdLength));
        return Base64Url.EncodeToString(token);
    }

    /// <summary>The generation, or <see cref="GenerationId.None"/> for anything that this cluster did not issue for that key.</summary>
    public async ValueTask<GenerationId> Verify(string scopedKey, string text)
    {
        if (text.Length > 2 * Length || Decode(text) is not { } token)
        {
            return GenerationId.None;
        }

        if (_secret is { } known && IsAuthentic(known, scopedKey, token))
        {
            return new(new Guid(token.AsSpan(0, IdLength)));
        }

        var secret = _secret = await grains.GetGrain<ITokenKeyGrain>(0).GetKey();
        return IsAuthentic(secret, scopedKey, token) ? new(new Guid(token.AsSpan(0, IdLength))) : GenerationId.None;
    }

    private static byte[]? Decode(string text)
    {
        var token = new byte[Length];
        return Base64Url.IsValid(text) && Base64Url.TryDecodeFromChars(text, token, out var written) && written == Length ? token : null;
    }

    private static bool IsAuthentic(byte[] secret, string scopedKey, byte[] token)
    {
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Sign(secret, scopedKey, token.AsSpan(0, IdLength), expected);
        return CryptographicOperations.FixedTimeEquals(expected, token.AsSpan(IdLength));
    }

    private static void Sign(byte[] secret, string scopedKey, ReadOnlySpan<byte> id, Span<byte> signature)
    {
        var key = Encoding.UTF8.GetBytes(scopedKey);
        byte[] message = [.. id, .. key];
        HMACSHA256.HashData(secret, message, signature);
    }
}
