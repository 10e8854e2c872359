using OrleansTagCache.Fuzz.Engine;
using OrleansTagCache.Http.Sessions;

namespace OrleansTagCache.Fuzz.Targets;

/// <summary>A frame of a session is refused as such, or it says exactly what its bytes say: written again it is the same.</summary>
internal sealed class FramesTarget : IFuzzTarget
{
    public string Name => "frames";

    public IReadOnlyList<byte[]> Samples { get; } =
    [
        Written(new ClientFrame.Hello(1, 1, "node")), Written(new ClientFrame.Acquire(2, "key", ["soft", "é"], FreshOnly: true, MayGenerate: true, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5))),
        Written(new ClientFrame.Commit(3, "key", "token", "text/plain", "hours", null, ["a", "b"], [1, 2, 3])), Written(new ClientFrame.Commit(4, "key", "token", null, null, (1, 2, double.PositiveInfinity), [], [])),
        Written(new ClientFrame.Commit(5, "", "", null, null, null, ["*"], [])), Written(new ClientFrame.Abandon(6, "key", "token")), Written(new ClientFrame.Update(7, ["a"], 60, MatchesAll: true, IsRemembered: true)),
        Written(new ClientFrame.Update(8, ["a", "b"], null, MatchesAll: false, IsRemembered: false)), Written(new ClientFrame.Acknowledge(9, ulong.MaxValue)), Written(new ClientFrame.Renew(10)), Written(new ClientFrame.Leave(11)), [0, 0, 0, 5, 64, 0, 0, 0, 0],
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        // As a frame that says its length; and as it is, which mostly does not.
        var framed = new byte[input.Length + sizeof(uint)];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(framed, (uint)input.Length);
        input.CopyTo(framed.AsSpan(sizeof(uint)));
        Check(framed);
        Check(input);
    }

    private static void Check(ReadOnlySpan<byte> bytes)
    {
        ClientFrame frame;
        try
        {
            frame = ClientFrame.Parse(bytes);
        }
        catch (FrameException fault)
        {
            OracleException.Require(fault.Message.Length < 200, "It repeats what was sent.");
            return;
        }

        OracleException.Require(Written(frame).AsSpan().SequenceEqual(bytes), $"{frame} is other bytes.");
    }

    private static byte[] Written(ClientFrame frame)
    {
        var writer = new FrameWriter(KindOf(frame), frame.Request);
        byte[] behind = [];
        switch (frame)
        {
            case ClientFrame.Hello hello:
                writer.Byte(hello.Spoken).Text(hello.Name);
                break;
            case ClientFrame.Acquire ask:
                writer.Byte((byte)((ask.FreshOnly ? 1 : 0) | (ask.MayGenerate ? 2 : 0))).Milliseconds(ask.Wait).Int((uint)(ask.Lease?.TotalSeconds ?? 0)).Text(ask.Key).Texts(ask.Soft);
                break;
            case ClientFrame.Commit offer:
                writer.Text(offer.Key).Text(offer.Token).Text(offer.ContentType ?? string.Empty).Byte((byte)(offer.Profile is not null ? 1 : offer.Seconds is not null ? 2 : 0));
                if (offer.Profile is { } profile)
                {
                    writer.Text(profile);
                }
                else if (offer.Seconds is var (stale, revalidate, expire))
                {
                    writer.Double(stale).Double(revalidate).Double(expire);
                }

                writer.Texts(offer.Tags);
                behind = offer.Payload;
                break;
            case ClientFrame.Abandon given:
                writer.Text(given.Key).Text(given.Token);
                break;
            case ClientFrame.Update change:
                writer.Byte((byte)((change.StaleFor is null ? 0 : 1) | (change.MatchesAll ? 2 : 0) | (change.IsRemembered ? 4 : 0)));
                if (change.StaleFor is { } seconds)
                {
                    writer.Double(seconds);
                }

                writer.Texts(change.Tags);
                break;
            case ClientFrame.Acknowledge acknowledge:
                writer.Long((long)acknowledge.Number);
                break;
        }

        return [.. writer.End(behind.Length).Span, .. behind];
    }

    private static FrameKind KindOf(ClientFrame frame) => frame switch
    {
        ClientFrame.Hello => FrameKind.Hello,
        ClientFrame.Acquire => FrameKind.Acquire,
        ClientFrame.Commit => FrameKind.Commit,
        ClientFrame.Abandon => FrameKind.Abandon,
        ClientFrame.Update => FrameKind.Update,
        ClientFrame.Acknowledge => FrameKind.Acknowledge,
        ClientFrame.Renew => FrameKind.Renew,
        _ => FrameKind.Leave,
    };
}
