using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace OrleansTagCache.Http.Authentication;

/// <summary>
/// An API key as its holder has it: <c>otc_</c>, the name of the key, an underscore, and 256 random bits. Only the holder has it; the silo has
/// SHA-256 of it, which is enough for a secret that cannot be guessed (a slow hash is for passwords).
/// </summary>
internal static class ApiKeyText
{
    public const int IdLength = 8;

    private const string Prefix = "otc_";
    private const string IdAlphabet = "abcdefghijkmnpqrstuvwxyz23456789";
    private const int SecretBytes = 32;

    private static readonly int Length = Prefix.Length + IdLength + 1 + Base64Url.GetEncodedLength(SecretBytes);

    public static (string Id, string Text) Create()
    {
        var id = RandomNumberGenerator.GetString(IdAlphabet, IdLength);
        return (id, $"{Prefix}{id}_{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes))}");
    }

    /// <summary>The name in a key; nothing else of it is looked at.</summary>
    public static bool TryReadId(string text, [NotNullWhen(true)] out string? id)
    {
        id = text.Length == Length && text.StartsWith(Prefix, StringComparison.Ordinal) && text[Prefix.Length + IdLength] == '_'
            ? text.Substring(Prefix.Length, IdLength)
            : null;
        return id is not null && IsId(id);
    }

    public static bool IsId(string id) => id.Length == IdLength && id.All(c => IdAlphabet.Contains(c, StringComparison.Ordinal));

    public static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
