using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;

namespace OrleansTagCache.Http.Tokens;

/// <summary>
/// The identity of a hold as its holder has it: the name of a secret, the identity, and HMAC-SHA256 under the secret over these and the namespaced tags, in whatever order they were named. But for the
/// name of the secret, nothing in it is looked at before it is verified.
/// </summary>
internal static class SignedHold
{
    /// <summary>No key and no tag has control characters: so a token of an entry is never taken for a hold.</summary>
    private const char Mark = '\u0001';

    private const int KeyIdLength = sizeof(int);
    private const int CoordinatorLength = 16;
    private const int SignedLength = KeyIdLength + CoordinatorLength + sizeof(long);

    /// <summary>A multiple of three bytes: its text has no bits to spare, so a hold has one spelling.</summary>
    private const int Length = SignedLength + HMACSHA256.HashSizeInBytes;

    private static readonly int TextLength = Base64Url.GetEncodedLength(Length);

    public static string Seal(TokenSecret key, TagId[] tags, UpdateId id)
    {
        var hold = new byte[Length];
        BinaryPrimitives.WriteInt32LittleEndian(hold, key.Id);
        id.Coordinator.TryWriteBytes(hold.AsSpan(KeyIdLength));
        BinaryPrimitives.WriteInt64LittleEndian(hold.AsSpan(KeyIdLength + CoordinatorLength), id.Sequence);
        Sign(key, tags, hold, hold.AsSpan(SignedLength, HMACSHA256.HashSizeInBytes));
        return Base64Url.EncodeToString(hold);
    }

    public static bool TryRead(string text, [NotNullWhen(true)] out byte[]? hold)
    {
        hold = new byte[Length];
        return text.Length == TextLength && Base64Url.IsValid(text) && Base64Url.TryDecodeFromChars(text, hold, out var written) && written == Length;
    }

    /// <summary>The identity, or null if it was not sealed so.</summary>
    public static UpdateId? Open(TokenSecret key, TagId[] tags, byte[] hold)
    {
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Sign(key, tags, hold, expected);
        var isIt = CryptographicOperations.FixedTimeEquals(expected, hold.AsSpan(SignedLength, HMACSHA256.HashSizeInBytes));
        return isIt
            ? new(new Guid(hold.AsSpan(KeyIdLength, CoordinatorLength)), BinaryPrimitives.ReadInt64LittleEndian(hold.AsSpan(KeyIdLength + CoordinatorLength)))
            : null;
    }

    private static void Sign(TokenSecret key, TagId[] tags, byte[] hold, Span<byte> signature)
    {
        var names = Array.ConvertAll(tags, tag => tag.Scoped);
        Array.Sort(names, StringComparer.Ordinal);
        byte[] message = [.. hold.AsSpan(0, SignedLength), .. Encoding.UTF8.GetBytes(Mark + string.Join(Mark, names))];
        HMACSHA256.HashData(key.Secret, message, signature);
    }
}
