using System.Buffers.Binary;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;

namespace OrleansTagCache.Http.Tokens;

/// <summary>The identity of a hold as its holder has it, under a seal for the namespaced tags, in whatever order they were named.</summary>
internal static class SignedHold
{
    /// <summary>No key and no tag has control characters: so a token of an entry is never taken for a hold.</summary>
    private const char Mark = '\u0001';

    private const int CoordinatorLength = 16;

    public static string Seal(TokenSecret key, TagId[] tags, UpdateId id)
    {
        Span<byte> content = stackalloc byte[SealedBytes.ContentLength];
        id.Coordinator.TryWriteBytes(content);
        BinaryPrimitives.WriteInt64LittleEndian(content[CoordinatorLength..], id.Sequence);
        return SealedBytes.Seal(key, GoodFor(tags), content);
    }

    /// <summary>The identity, or null if it was not sealed so.</summary>
    public static UpdateId? Open(TokenSecret key, TagId[] tags, byte[] hold) =>
        SealedBytes.TryOpen(key, GoodFor(tags), hold, out var content)
            ? new(new Guid(content[..CoordinatorLength]), BinaryPrimitives.ReadInt64LittleEndian(content[CoordinatorLength..]))
            : null;

    private static string GoodFor(TagId[] tags) => Mark + string.Join(Mark, tags.Select(tag => tag.Scoped).Order(StringComparer.Ordinal));
}
