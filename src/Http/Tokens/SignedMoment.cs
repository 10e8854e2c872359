using System.Buffers.Binary;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Http.Tokens;

/// <summary>A moment of a silo and what its ledger knew then, as its holder has it, under a seal for the namespace and that silo.</summary>
internal static class SignedMoment
{
    /// <summary>No key and no tag has control characters, and the seals of other things begin with others: so none of them is taken for a moment.</summary>
    private const char Mark = '\u0003';

    public static string Seal(TokenSecret key, string silo, CacheNamespace ns, SealedMoment moment)
    {
        Span<byte> content = stackalloc byte[SealedBytes.ContentLength];
        content.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(content, moment.At.Ticks);
        BinaryPrimitives.WriteInt64LittleEndian(content[sizeof(long)..], moment.Stamp.Value);
        return SealedBytes.Seal(key, GoodFor(silo, ns), content);
    }

    /// <summary>The moment, or null if it was not sealed so.</summary>
    public static SealedMoment? Open(TokenSecret key, string silo, CacheNamespace ns, byte[] seal) =>
        SealedBytes.TryOpen(key, GoodFor(silo, ns), seal, out var content)
            ? new(new(BinaryPrimitives.ReadInt64LittleEndian(content)), new(BinaryPrimitives.ReadInt64LittleEndian(content[sizeof(long)..])))
            : null;

    private static string GoodFor(string silo, CacheNamespace ns) => $"{Mark}{silo}{Mark}{ns.Value}";
}

/// <summary>A moment of this silo.</summary>
/// <param name="At">When it was.</param>
/// <param name="Stamp">The ledger's clock, read then or before.</param>
internal readonly record struct SealedMoment(Moment At, Stamp Stamp);
