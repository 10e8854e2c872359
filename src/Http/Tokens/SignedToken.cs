using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Http.Tokens;

/// <summary>
/// A token: the name of a secret, the silo that gave the token, the generation, and HMAC-SHA256 under the secret over these and the namespaced
/// key. But for the name of the secret, nothing in it is looked at before it is verified.
/// </summary>
internal static class SignedToken
{
    private const int KeyIdLength = sizeof(int);
    private const int SiloLength = 8;
    private const int GenerationLength = 16;
    private const int SignedLength = KeyIdLength + SiloLength + GenerationLength;

    /// <summary>A multiple of three bytes: its text has no bits to spare, so a token has one spelling.</summary>
    private const int Length = SignedLength + HMACSHA256.HashSizeInBytes;

    private static readonly int TextLength = Base64Url.GetEncodedLength(Length);

    public static byte[] SiloOf(string address) => SHA256.HashData(Encoding.UTF8.GetBytes(address))[..SiloLength];

    public static string Seal(TokenSecret key, ReadOnlySpan<byte> silo, string scopedKey, TokenId id)
    {
        var token = new byte[Length];
        BinaryPrimitives.WriteInt32LittleEndian(token, key.Id);
        silo.CopyTo(token.AsSpan(KeyIdLength));
        id.Value.TryWriteBytes(token.AsSpan(KeyIdLength + SiloLength));
        Sign(key, scopedKey, token, token.AsSpan(SignedLength, HMACSHA256.HashSizeInBytes));
        return Base64Url.EncodeToString(token);
    }

    public static bool TryRead(string text, [NotNullWhen(true)] out byte[]? token)
    {
        token = new byte[Length];
        return text.Length == TextLength && Base64Url.IsValid(text) && Base64Url.TryDecodeFromChars(text, token, out var written) && written == Length;
    }

    public static int KeyIdOf(byte[] token) => BinaryPrimitives.ReadInt32LittleEndian(token);

    /// <summary>The generation, or <see cref="TokenId.None"/> if the token was not sealed so.</summary>
    public static TokenId Open(TokenSecret key, string scopedKey, byte[] token)
    {
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Sign(key, scopedKey, token, expected);
        var isIt = CryptographicOperations.FixedTimeEquals(expected, token.AsSpan(SignedLength, HMACSHA256.HashSizeInBytes));
        return isIt ? new(new Guid(token.AsSpan(KeyIdLength + SiloLength, GenerationLength))) : TokenId.None;
    }

    private static void Sign(TokenSecret key, string scopedKey, byte[] token, Span<byte> signature)
    {
        byte[] message = [.. token.AsSpan(0, SignedLength), .. Encoding.UTF8.GetBytes(scopedKey)];
        HMACSHA256.HashData(key.Secret, message, signature);
    }
}
