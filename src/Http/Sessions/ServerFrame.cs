using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;

namespace OrleansTagCache.Http.Sessions;

/// <summary>A frame for a client, with the payload that belongs to it and is sent behind it.</summary>
internal readonly record struct ServerFrame(ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Payload)
{
    private const byte MayKeep = 1;
    private const byte SessionLost = 2;
    private const byte PromiseSuspended = 4;
    private const byte Elsewhere = 8;

    private const byte Stales = 1;

    /// <summary>Payloads up to this size are copied behind their head: a second send costs more.</summary>
    private const int CopiedPayload = 16 * 1024;

    public int Length => Head.Length + Payload.Length;

    public static ServerFrame Welcome(uint request, string silo, CacheNamespace ns, NearTerms terms, long maximumFrame, int maximumRequests, IReadOnlyCollection<string> silos) => Of(
        new FrameWriter(FrameKind.Welcome, request).Byte(ClientFrame.Version).Text(silo).Text(ns.Value).Long(terms.Session.Number).Milliseconds(terms.Grant)
            .Int((uint)Math.Min(maximumFrame, uint.MaxValue)).Short(maximumRequests).Texts(silos));

    /// <summary>The answer to a read.</summary>
    /// <param name="request">The client's number for it.</param>
    /// <param name="answer">The answer of the entry; null if no silo gave one.</param>
    /// <param name="token">The sealed token; empty if there is none.</param>
    /// <param name="asOf">The sealed moment at which the question came, for a later store; empty if none could be had.</param>
    /// <param name="owner">The silo that the key belongs to, if it is another.</param>
    public static ServerFrame Entry(uint request, Acquired? answer, string token, string asOf, string? owner)
    {
        var entry = answer?.Status is AcquireStatus.Fresh or AcquireStatus.Stale ? answer.Entry : null;

        // Of a tag of another namespace the client would not be told, and of what slides the silo has to hear each read: neither is kept.
        var mayKeep = answer is { Status: AcquireStatus.Fresh, Near.MayKeep: true, Token.IsNone: true }
            && entry is { PromiseSuspended: false } && entry.Sliding == TimeSpan.Zero && !Array.Exists(entry.Tags, ForeignTag.Is);
        var frame = new FrameWriter(FrameKind.Entry, request)
            .Byte((byte)(answer?.Status ?? AcquireStatus.NotServing))
            .Byte((byte)((mayKeep ? MayKeep : 0) | FlagsOf(answer?.Near) | (entry?.PromiseSuspended == true ? PromiseSuspended : 0) | (owner is null ? 0 : Elsewhere)))
            .Milliseconds(answer?.Near?.Grant ?? TimeSpan.Zero)
            .Text(owner ?? string.Empty)
            .Text(token)
            .Text(asOf);
        if (entry is null)
        {
            return Of(frame);
        }

        var payload = entry.Payload.Bytes;
        frame.Double(entry.Age.TotalMilliseconds).Seconds(entry.Life.Stale).Seconds(entry.Life.Revalidate).Seconds(entry.Life.Expire)
            .Text(entry.Payload.ContentType ?? string.Empty).Texts(ForeignTag.Without(entry.Tags));
        return payload.Length <= CopiedPayload ? Of(frame.Bytes(payload)) : new(frame.End(payload.Length), payload);
    }

    public static ServerFrame Committed(uint request, CommitOutcome outcome)
    {
        var mayKeep = outcome is { Status: CommitStatus.Stored, IsStale: false, Near.MayKeep: true };
        return Of(new FrameWriter(FrameKind.Done, request).Byte((byte)outcome.Status).Byte((byte)((mayKeep ? MayKeep : 0) | FlagsOf(outcome.Near))).Milliseconds(outcome.Near?.Grant ?? TimeSpan.Zero).Int(0));
    }

    public static ServerFrame Done(uint request, int members = 0) => Of(new FrameWriter(FrameKind.Done, request).Byte(0).Byte(0).Int(0).Int((uint)members));

    public static ServerFrame Renewed(uint request, NearTerms terms) => Of(new FrameWriter(FrameKind.Done, request).Byte(0).Byte(FlagsOf(terms)).Milliseconds(terms.Grant).Int(0));

    public static ServerFrame Refused(uint request, Refusal refusal) => Of(new FrameWriter(FrameKind.Refused, request).Short(refusal.Status).Text(refusal.Code).Text(refusal.ToldDetail));

    /// <summary>What the client must let go of. It keeps nothing of other namespaces, and is told nothing of them.</summary>
    /// <param name="push">The push.</param>
    /// <param name="ns">The client's namespace.</param>
    /// <param name="mostBytes">How long the frame may be. One that would be longer, or has more names than a count can say, is of everything.</param>
    public static ServerFrame Push(Push push, CacheNamespace ns, long mostBytes = long.MaxValue)
    {
        var named = Array.ConvertAll(push.Tags, tag => NameOf(tag, ns));
        var count = named.Count(static name => name is not null);
        if (count > ushort.MaxValue)
        {
            return OfEverything(push);
        }

        var frame = PushOf(push, count);
        for (var i = 0; i < named.Length; i++)
        {
            if (named[i] is { } name)
            {
                frame.Byte((byte)push.Tags[i].Kind).Text(name);
            }
        }

        return Of(frame) is var whole && whole.Length <= mostBytes ? whole : OfEverything(push);
    }

    public static ServerFrame End() => Of(new FrameWriter(FrameKind.End, 0));

    public static ServerFrame Silos(IReadOnlyCollection<string> silos) => Of(new FrameWriter(FrameKind.Silos, 0).Texts(silos));

    private static ServerFrame OfEverything(Push push) => Of(PushOf(push, names: 1).Byte((byte)TagKind.Tag).Text(TagName.Everything.Value));

    private static FrameWriter PushOf(Push push, int names) => new FrameWriter(FrameKind.Push, 0).Long(push.Number).Byte(push.StaleFor is null ? (byte)0 : Stales).Short(names);

    private static ServerFrame Of(FrameWriter frame) => new(frame.End(), default);

    /// <summary>A silo that names no session of its own does not know the client's any more.</summary>
    private static byte FlagsOf(NearTerms? terms) => terms is { Session.IsNone: true } ? SessionLost : (byte)0;

    private static string? NameOf(TagId tag, CacheNamespace ns) => tag.Kind == TagKind.Tag
        ? tag.Namespace == ns ? tag.Name : null
        : ns.TryStrip(tag.Name, out var key) ? key.ToString() : null;
}

/// <summary>Why a request was refused, as problem details have it.</summary>
/// <param name="Status">The status.</param>
/// <param name="Code">The code.</param>
/// <param name="Detail">What is wrong. It may be of any length.</param>
internal sealed record Refusal(int Status, string Code, string Detail)
{
    private const int MaximumDetail = 1_024;

    /// <summary>The detail, cut to what a text of a frame has room for in any case: 1,024 UTF-16 units.</summary>
    public string ToldDetail => Detail.Length <= MaximumDetail
        ? Detail
        : $"{Detail.AsSpan(0, char.IsHighSurrogate(Detail[MaximumDetail - 2]) ? MaximumDetail - 2 : MaximumDetail - 1)}…";
}
