using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Http.Tokens;

/// <summary>
/// Bytes under a seal, as text: the name of a secret, the bytes, and HMAC-SHA256 under the secret over these and over what they are good for. But for the name of the secret, nothing in it is
/// looked at before it is verified.
/// </summary>
internal static class SealedBytes
{
    public const int ContentLength = 24;

    private const int KeyIdLength = sizeof(int);
    private const int SignedLength = KeyIdLength + ContentLength;

    /// <summary>A multiple of three bytes: its text has no bits to spare, so a seal has one spelling.</summary>
    private const int Length = SignedLength + HMACSHA256.HashSizeInBytes;

    private const int MaximumOnStack = 512;

    private static readonly int TextLength = Base64Url.GetEncodedLength(Length);

    public static string Seal(TokenSecret key, string goodFor, ReadOnlySpan<byte> content)
    {
        var seal = new byte[Length];
        BinaryPrimitives.WriteInt32LittleEndian(seal, key.Id);
        content.CopyTo(seal.AsSpan(KeyIdLength, ContentLength));
        Sign(key, goodFor, seal, seal.AsSpan(SignedLength));
        return Base64Url.EncodeToString(seal);
    }

    public static bool TryRead(string text, [NotNullWhen(true)] out byte[]? seal)
    {
        seal = new byte[Length];
        return text.Length == TextLength && Base64Url.IsValid(text) && Base64Url.TryDecodeFromChars(text, seal, out var written) && written == Length;
    }

    public static int KeyIdOf(byte[] seal) => BinaryPrimitives.ReadInt32LittleEndian(seal);

    /// <summary>The bytes, if they were sealed so.</summary>
    public static bool TryOpen(TokenSecret key, string goodFor, byte[] seal, out ReadOnlySpan<byte> content)
    {
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Sign(key, goodFor, seal, expected);
        var isIt = CryptographicOperations.FixedTimeEquals(expected, seal.AsSpan(SignedLength));
        content = isIt ? seal.AsSpan(KeyIdLength, ContentLength) : default;
        return isIt;
    }

    private static void Sign(TokenSecret key, string goodFor, byte[] seal, Span<byte> signature)
    {
        var most = SignedLength + Encoding.UTF8.GetMaxByteCount(goodFor.Length);
        var message = most <= MaximumOnStack ? stackalloc byte[MaximumOnStack] : new byte[most];
        seal.AsSpan(0, SignedLength).CopyTo(message);
        var length = SignedLength + Encoding.UTF8.GetBytes(goodFor, message[SignedLength..]);
        HMACSHA256.HashData(key.Secret, message[..length], signature);
    }
}
