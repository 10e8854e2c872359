using System.Buffers.Binary;
using OrleansTagCache.Http.Sessions;

namespace OrleansTagCache.Tests.Http;

/// <summary>Upgrades to a session that are none, and what is sent over one that is no frame.</summary>
internal static class SessionAttacks
{
    private const string Version = "Sec-WebSocket-Version: 13";
    private const string Key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==";
    private const string Protocol = "Sec-WebSocket-Protocol: " + SessionEndpoint.Protocol;

    public static IEnumerable<Attack> All
    {
        get
        {
            yield return Upgrade("with the Origin of a page", 403, [Version, Key, Protocol, "Origin: http://evil.example"]);
            yield return Upgrade("with the Origin of the silo itself", 403, [Version, Key, Protocol, "Origin: http://127.0.0.1"]);
            yield return Upgrade("with an Origin that is null", 403, [Version, Key, Protocol, "Origin: null"]);
            yield return Upgrade("with two Origins", 403, [Version, Key, Protocol, "Origin: http://a.example", "Origin: http://b.example"]);
            yield return Upgrade("without a subprotocol", 426, [Version, Key]);
            yield return Upgrade("with another subprotocol", 426, [Version, Key, "Sec-WebSocket-Protocol: chat"]);
            yield return Upgrade("with the subprotocol in upper case", 426, [Version, Key, Protocol.ToUpperInvariant()]);
            yield return Upgrade("without a version", 426, [Key, Protocol]);
            yield return Upgrade("with version 8", 426, ["Sec-WebSocket-Version: 8", Key, Protocol]);
            yield return Upgrade("without its key", 426, [Version, Protocol]);
            yield return Upgrade("with a short key", 426, [Version, "Sec-WebSocket-Key: AAAA", Protocol]);
            yield return new("Sessions", "no upgrade at all", 426, loot => Wire.Request(loot.Full, "GET", "/v1/session"));
            yield return new("Sessions", "an upgrade with POST", 405, loot => Head(loot.Full, "POST", [Version, Key, Protocol]));
            yield return new("Sessions", "an upgrade with the key in the address", 401, loot => Wire.Request(["Upgrade: websocket", Version, Key, Protocol], "GET", $"/v1/session?access_token={loot.Full}"));
            yield return new("Sessions", "an upgrade with the key in the subprotocol", 401, loot => Wire.Request(["Upgrade: websocket", Version, Key, $"{Protocol}, {loot.Full}"], "GET", "/v1/session"));

            yield return Over("zeros", new byte[200]);
            yield return Over("the next request", Wire.Text("GET /v1/entry?key=smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"));
            yield return Over("a message that is not masked", [0x82, 5, 0, 0, 0, 1, 1]);
            yield return Over("text", Message(0x81, Wire.Text("hello")));
            yield return Over("a message with reserved bits", Message(0xF2, Hello));
            yield return Over("a message of an unknown kind", Message(0x83, Hello));
            yield return Over("the continuation of nothing", Message(0x80, Hello));
            yield return Over("a message that announces exabytes", [0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 1, 2, 3, 4, 5]);
            yield return Over("a frame that announces 4 GB", Message(0x82, [0xFF, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0, 1]));
            yield return Over("a hello of another version", Message(0x82, Frame(FrameKind.Hello, frame => frame.Byte(2).Text("x"))));
            yield return Over("a hello with a name of control characters", Message(0x82, Frame(FrameKind.Hello, frame => frame.Byte(1).Text("a\r\nb"))));
            yield return Over("a hello with a name of 60,000 characters", Message(0x82, Frame(FrameKind.Hello, frame => frame.Byte(1).Text(new string('n', 60_000)))));
            yield return Over("a read before the hello", Message(0x82, Frame(FrameKind.Acquire, frame => frame.Byte(0).Int(0).Int(0).Text("secret").Texts([]))));
            yield return Over("half a hello", Message(0x02, Hello[..5]));
            yield return Over("a farewell alone", Message(0x88, []));
            yield return Over(
                "reads of another namespace's keys",
                [
                    .. Message(0x82, Hello),
                    .. new[] { "secret", "4:blogsecret", "blog:secret", "../blog/secret", "\u0001" }.SelectMany(key => Message(0x82, Frame(FrameKind.Acquire, frame => frame.Byte(0).Int(0).Int(0).Text(key).Texts([])))),
                    .. Message(0x82, Frame(FrameKind.Commit, frame => frame.Text("mine").Text("forged").Text(string.Empty).Byte(0).Texts([]))),
                    .. Message(0x82, Frame(FrameKind.Leave, _ => { })),
                ]);
            yield return new("Sessions", "a commit with the token of another namespace", 101, loot => Session(
                loot,
                [
                    .. Message(0x82, Hello),
                    .. Message(0x82, Frame(FrameKind.Commit, frame => frame.Text("mine").Text(loot.Foreign).Text(string.Empty).Byte(0).Texts([]))),
                    .. Message(0x82, Frame(FrameKind.Leave, _ => { })),
                ]));
        }
    }

    private static byte[] Hello => Frame(FrameKind.Hello, frame => frame.Byte(1).Text("attacker"));

    private static Attack Upgrade(string name, int status, string[] headers) => new("Sessions", $"an upgrade {name}", status, loot => Head(loot.Full, "GET", headers));

    private static Attack Over(string name, byte[] bytes) => new("Sessions", $"after the upgrade {name}", 101, loot => Session(loot, bytes)) { MayGoUnheard = true };

    private static byte[] Session(Loot loot, byte[] bytes) => [.. Head(loot.Full, "GET", [Version, Key, Protocol]), .. bytes];

    private static byte[] Head(string key, string method, string[] headers) => Wire.Text(
        $"{method} /v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: {(method == "GET" ? "Upgrade, close" : "close")}\r\nUpgrade: websocket\r\nAuthorization: Bearer {key}\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n");

    /// <summary>A message of a WebSocket, under a mask of zeros.</summary>
    private static byte[] Message(byte first, byte[] content)
    {
        var length = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)content.Length);
        return content.Length < 126 ? [first, (byte)(0x80 | content.Length), 0, 0, 0, 0, .. content] : [first, 0x80 | 126, .. length, 0, 0, 0, 0, .. content];
    }

    private static byte[] Frame(FrameKind kind, Action<FrameWriter> content)
    {
        var frame = new FrameWriter(kind, 1);
        content(frame);
        return frame.End().ToArray();
    }
}
