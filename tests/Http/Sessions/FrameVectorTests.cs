using System.Text;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Http.Sessions;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>The bytes of frames as silos write and read them, which the tests of the client for Node.js (js/client/test/near) compare with its own.</summary>
public sealed class FrameVectorTests
{
    private const string Silo = "10.0.0.1:11111@7";

    private static readonly NearTerms Terms = new(SiloAddress.FromParsableString(Silo), new(Guid.Empty, 1), TimeSpan.FromSeconds(2), MayKeep: true);

    private static readonly EntrySnapshot Value = new(new("one"u8.ToArray(), "text/plain"), ["a", "é"], CacheLife.Default, TimeSpan.FromMilliseconds(1.5));

    [Fact]
    public void Frames_AreAsTheyAreWritten()
    {
        var text = new StringBuilder("{\n");
        foreach (var (name, frame) in Written())
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"  \"{name}\": \"{Convert.ToHexStringLower(frame)}\",\n");
        }

        text.Append("  \"\": \"\"\n}\n");
        var path = PathOf("frames.json");
        if (Environment.GetEnvironmentVariable("WRITE_VECTORS") == "1")
        {
            File.WriteAllText(path, text.ToString());
        }

        Assert.True(text.ToString() == File.ReadAllText(path), "The frames have changed, and with them what clients of other versions understand. If that is meant, set WRITE_VECTORS=1 to write them anew, and run the tests of js/client.");
    }

    [Fact]
    public void Frames_OfTheClient_AreRead()
    {
        var frames = Written().ToDictionary(row => row.Name, row => ClientOrNull(row.Frame));
        Assert.Equal(new ClientFrame.Hello(0, 1, "node/1"), frames["hello"]);
        var acquire = Assert.IsType<ClientFrame.Acquire>(frames["acquire"]);
        Assert.Equal(("k", true, false, TimeSpan.Zero, TimeSpan.FromSeconds(2)), (acquire.Key, acquire.MayGenerate, acquire.FreshOnly, acquire.Wait, acquire.Lease));
        Assert.Equal(["s", "t"], acquire.Soft);
        var commit = Assert.IsType<ClientFrame.Commit>(frames["commit"]);
        Assert.Equal(("k", "token", "text/plain", (1d, 2d, double.PositiveInfinity)), (commit.Key, commit.Token, commit.ContentType, commit.Seconds));
        Assert.Equal(["a"], commit.Tags);
        Assert.Equal("one"u8.ToArray(), commit.Payload);
        Assert.Equal(new ClientFrame.Acknowledge(0, 1), frames["acknowledge"]);
        Assert.Equal(new ClientFrame.Leave(0), frames["leave"]);
    }

    private static IEnumerable<(string Name, byte[] Frame)> Written()
    {
        var ns = CacheNamespace.Default;
        yield return ("welcome", Bytes(ServerFrame.Welcome(0, Silo, ns, Terms, 1 << 20, 256, [Silo])));
        yield return ("entry", Bytes(ServerFrame.Entry(5, new(AcquireStatus.Fresh, Value, TokenId.None, Terms), string.Empty, "moment", owner: null)));
        yield return ("stale", Bytes(ServerFrame.Entry(5, new(AcquireStatus.Stale, Value, new(new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11])), Terms), "token", string.Empty, owner: null)));
        yield return ("miss", Bytes(ServerFrame.Entry(5, Acquired.Miss, "token", string.Empty, owner: null)));
        yield return ("lost", Bytes(ServerFrame.Entry(5, new(AcquireStatus.Fresh, Value, TokenId.None, Terms with { Session = SessionId.None, Grant = TimeSpan.Zero, MayKeep = false }), string.Empty, string.Empty, owner: null)));
        yield return ("stored", Bytes(ServerFrame.Committed(5, CommitOutcome.Stored with { Near = Terms })));
        yield return ("push", Bytes(ServerFrame.Push(new(1, [TagId.OfTag(ns, "a"), TagId.OfKey(ns.Scope("k")), TagId.OfTag(CacheNamespace.Parse("other"), "b")], StaleFor: null), ns)));
        yield return ("end", Bytes(ServerFrame.End()));
        yield return ("refused", Bytes(ServerFrame.Refused(5, new(403, "forbidden", "No."))));
        yield return ("hello", Client(FrameKind.Hello, frame => frame.Byte(1).Text("node/1")));
        yield return ("acquire", Client(FrameKind.Acquire, frame => frame.Byte(2).Int(0).Int(2).Text("k").Texts(["s", "t"])));
        yield return ("commit", Client(FrameKind.Commit, frame => frame.Text("k").Text("token").Text("text/plain").Byte(2).Double(1).Double(2).Double(double.PositiveInfinity).Texts(["a"]), "one"u8.ToArray()));
        yield return ("acknowledge", Client(FrameKind.Acknowledge, frame => frame.Long(1)));
        yield return ("leave", Client(FrameKind.Leave, _ => { }));
    }

    private static ClientFrame? ClientOrNull(byte[] frame) => (FrameKind)frame[sizeof(uint)] < FrameKind.Welcome ? ClientFrame.Parse(frame) : null;

    private static byte[] Bytes(ServerFrame frame) => [.. frame.Head.Span, .. frame.Payload.Span];

    private static byte[] Client(FrameKind kind, Action<FrameWriter> content, byte[]? behind = null)
    {
        var frame = new FrameWriter(kind, 0);
        content(frame);
        return [.. frame.End(behind?.Length ?? 0).Span, .. behind ?? []];
    }

    private static string PathOf(string file) => Path.Combine(Repository.Root, "js", "client", "test", "near", "vectors", file);
}
