using OrleansTagCache.Http.Messages;

namespace OrleansTagCache.Http.Sessions;

/// <summary>A frame of a client, read. Names in it are texts of bounded length, and are not checked yet.</summary>
/// <param name="Request">The client's number for it.</param>
internal abstract record ClientFrame(uint Request)
{
    /// <summary>The version of the frames.</summary>
    public const byte Version = 1;

    /// <summary>How long a read may wait for another caller's value, in milliseconds.</summary>
    public const uint LongestWait = 30_000;

    private const byte FreshOnlyFlag = 1;
    private const byte MayGenerateFlag = 2;

    private const byte ByProfile = 1;
    private const byte BySeconds = 2;

    private const byte RevalidatesFlag = 1;
    private const byte MatchesAllFlag = 2;
    private const byte RememberedFlag = 4;

    /// <summary>What a frame says.</summary>
    /// <exception cref="FrameException">It is none of a client's.</exception>
    public static ClientFrame Parse(ReadOnlySpan<byte> frame)
    {
        var reader = new FrameReader(frame);
        ClientFrame read = reader.Kind switch
        {
            FrameKind.Hello => new Hello(reader.Request, reader.NextByte(), reader.NextText()),
            FrameKind.Acquire => ReadAcquire(ref reader),
            FrameKind.Commit => ReadCommit(ref reader),
            FrameKind.Abandon => new Abandon(reader.Request, reader.NextText(), reader.NextText()),
            FrameKind.Update => ReadUpdate(ref reader),
            FrameKind.Acknowledge => new Acknowledge(reader.Request, reader.NextLong()),
            FrameKind.Renew => new Renew(reader.Request),
            FrameKind.Leave => new Leave(reader.Request),
            _ => throw new FrameException("A frame is of no kind that a client sends."),
        };
        reader.End();
        return read;
    }

    private static Acquire ReadAcquire(ref FrameReader reader)
    {
        var flags = Flags(ref reader, FreshOnlyFlag | MayGenerateFlag);
        var wait = reader.NextInt();
        if (wait > LongestWait)
        {
            throw new FrameException($"A read waits for at most {LongestWait} ms.");
        }

        var lease = reader.NextInt();
        return new(
            reader.Request,
            reader.NextText(),
            reader.NextTexts(NameLimits.TagsPerCall),
            (flags & FreshOnlyFlag) != 0,
            (flags & MayGenerateFlag) != 0,
            TimeSpan.FromMilliseconds(wait),
            lease == 0 ? null : TimeSpan.FromSeconds(lease));
    }

    private static Commit ReadCommit(ref FrameReader reader)
    {
        var (key, token, contentType) = (reader.NextText(), reader.NextText(), reader.NextText());
        var (profile, life) = ReadLife(ref reader);
        var tags = reader.NextTexts(NameLimits.TagsPerEntry);
        return new(reader.Request, key, token, contentType.Length == 0 ? null : contentType, profile, life, tags, reader.Rest().ToArray());
    }

    private static (string? Profile, (double Stale, double Revalidate, double Expire)? Life) ReadLife(ref FrameReader reader) => reader.NextByte() switch
    {
        0 => (null, null),
        ByProfile => (reader.NextText(), null),
        BySeconds => (null, (reader.NextDouble(), reader.NextDouble(), reader.NextDouble())),
        _ => throw new FrameException("A life is the default, a profile or seconds."),
    };

    private static Update ReadUpdate(ref FrameReader reader)
    {
        var flags = Flags(ref reader, RevalidatesFlag | MatchesAllFlag | RememberedFlag);
        var staleFor = (flags & RevalidatesFlag) == 0 ? 0 : reader.NextDouble();
        return new(
            reader.Request, reader.NextTexts(NameLimits.TagsPerEntry), (flags & RevalidatesFlag) == 0 ? null : staleFor, (flags & MatchesAllFlag) != 0, (flags & RememberedFlag) != 0);
    }

    private static byte Flags(ref FrameReader reader, int known)
    {
        var flags = reader.NextByte();
        return (flags & ~known) == 0 ? flags : throw new FrameException("A frame has a flag that is not known.");
    }

    /// <summary>The first frame.</summary>
    public sealed record Hello(uint Request, byte Spoken, string Name) : ClientFrame(Request);

    /// <summary>A read. <paramref name="Soft"/> are the reader's own tags; without a <paramref name="Lease"/> a token holds for as long as the silo says.</summary>
    public sealed record Acquire(uint Request, string Key, string[] Soft, bool FreshOnly, bool MayGenerate, TimeSpan Wait, TimeSpan? Lease) : ClientFrame(Request);

    /// <summary>A value that was made under a token: its life is a profile, or seconds, or the default.</summary>
    public sealed record Commit(
        uint Request, string Key, string Token, string? ContentType, string? Profile, (double Stale, double Revalidate, double Expire)? Seconds, string[] Tags, byte[] Payload) : ClientFrame(Request)
    {
        /// <exception cref="ArgumentException">It is inconsistent, negative, not a number, or an unknown profile.</exception>
        public CacheLife Life(CacheLifeProfiles profiles) => (Profile, Seconds) switch
        {
            ({ } profile, _) => profiles.Named(profile, "life"),
            (_, { } seconds) => new(
                LifeQuery.FromSeconds(seconds.Stale, "stale"), LifeQuery.FromSeconds(seconds.Revalidate, "revalidate"), LifeQuery.FromSeconds(seconds.Expire, "expire")),
            _ => CacheLife.Default,
        };
    }

    /// <summary>Nothing is made under the token.</summary>
    public sealed record Abandon(uint Request, string Key, string Token) : ClientFrame(Request);

    /// <summary>An update; with <paramref name="StaleFor"/>, in seconds, a revalidation.</summary>
    public sealed record Update(uint Request, string[] Tags, double? StaleFor, bool MatchesAll, bool IsRemembered) : ClientFrame(Request);

    /// <summary>Every push up to that number has been applied.</summary>
    public sealed record Acknowledge(uint Request, ulong Number) : ClientFrame(Request);

    /// <summary>A heartbeat.</summary>
    public sealed record Renew(uint Request) : ClientFrame(Request);

    /// <summary>The session was left.</summary>
    public sealed record Leave(uint Request) : ClientFrame(Request);
}
