using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OrleansTagCache.Names;

/// <summary>Stands for text that may be too long for a name, or may have in it what a name may not: SHA-256 of its UTF-16 units, so that no two texts with one digest can be made.</summary>
internal static class NameDigest
{
    public static string Of(ReadOnlySpan<char> text) => Base64Url.EncodeToString(SHA256.HashData(MemoryMarshal.AsBytes(text)));
}
