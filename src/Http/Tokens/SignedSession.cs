using System.Buffers.Binary;
using System.Text;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Http.Tokens;

/// <summary>A session as a browser has it, under a seal that is good for sessions alone.</summary>
internal static class SignedSession
{
    /// <summary>No key and no tag has control characters, and a hold begins with another: so neither a token nor a hold is taken for a session.</summary>
    private const string GoodFor = "\u0002session";

    /// <summary>The name of the key comes first, and has what the others leave.</summary>
    private const int BeganAt = EndsAt - sizeof(uint);
    private const int EndsAt = PrintAt - sizeof(uint);
    private const int PrintAt = SealedBytes.ContentLength - sizeof(ulong);

    public static string Seal(TokenSecret key, UiSession session)
    {
        Span<byte> content = stackalloc byte[SealedBytes.ContentLength];
        Encoding.ASCII.GetBytes(session.KeyId, content);
        BinaryPrimitives.WriteUInt32LittleEndian(content[BeganAt..], (uint)session.Began.ToUnixTimeSeconds());
        BinaryPrimitives.WriteUInt32LittleEndian(content[EndsAt..], (uint)session.Ends.ToUnixTimeSeconds());
        BinaryPrimitives.WriteUInt64LittleEndian(content[PrintAt..], session.KeyPrint);
        return SealedBytes.Seal(key, GoodFor, content);
    }

    /// <summary>The session, or null if it was not sealed so.</summary>
    public static UiSession? Open(TokenSecret key, byte[] session) => SealedBytes.TryOpen(key, GoodFor, session, out var content)
        ? new(
            Encoding.ASCII.GetString(content[..BeganAt]),
            BinaryPrimitives.ReadUInt64LittleEndian(content[PrintAt..]),
            DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadUInt32LittleEndian(content[BeganAt..])),
            DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadUInt32LittleEndian(content[EndsAt..])))
        : null;
}
