using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using OrleansTagCache.Names;

namespace OrleansTagCache.Adapters;

/// <summary>Keys of an adapter: apart from those of the cache itself and of other adapters, and any text at all, since their contracts set no rules.</summary>
internal static class DistributedKey
{
    /// <summary>The key itself where it is a sound one, else its digest, which nobody can make two of.</summary>
    /// <param name="adapter">The adapter's mark, short.</param>
    /// <param name="key">The key.</param>
    /// <param name="maximumLength">The longest key.</param>
    public static string Of(string adapter, string key, int maximumLength) =>
        NameRules.Fault("key", key, maximumLength - adapter.Length - 1) is null
            ? $"{adapter}:{key}"
            : $"{adapter}#{Base64Url.EncodeToString(SHA256.HashData(MemoryMarshal.AsBytes(key.AsSpan())))}";
}
