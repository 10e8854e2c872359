using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text;
using OrleansTagCache.Http.Sessions;

namespace OrleansTagCache.Tests.Http;

/// <summary>A client of <c>/v1/session</c> that says what it is told to say, frame by frame.</summary>
internal sealed class SessionCaller : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private uint _request;

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public WebSocketCloseStatus? Closed => _socket.CloseStatus;

    /// <summary>Opens a connection, and says hello.</summary>
    public static async Task<(SessionCaller Caller, Welcomed Welcome)> Open(Uri silo, string? key, string query = "")
    {
        var caller = await Connect(silo, key, query);
        await caller.Send(FrameKind.Hello, frame => frame.Byte(1).Text("test"));
        var welcome = await caller.Next() ?? throw new InvalidOperationException("It was not welcomed.");
        return (caller, Welcomed.Of(welcome));
    }

    /// <summary>Opens a connection, and says nothing.</summary>
    public static async Task<SessionCaller> Connect(Uri silo, string? key, string query = "")
    {
        var caller = new SessionCaller();
        caller._socket.Options.AddSubProtocol(SessionEndpoint.Protocol);
        caller._socket.Options.Proxy = null;
        if (key is not null)
        {
            caller._socket.Options.SetRequestHeader("Authorization", $"Bearer {key}");
        }

        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        await caller._socket.ConnectAsync(new UriBuilder(silo) { Scheme = "ws", Path = "/v1/session", Query = query }.Uri, patience.Token);
        return caller;
    }

    public Task<uint> Acquire(string key, bool mayGenerate = true, int wait = 0, bool freshOnly = false, params string[] soft) => Send(
        FrameKind.Acquire, frame => frame.Byte((byte)((freshOnly ? 1 : 0) | (mayGenerate ? 2 : 0))).Int((uint)wait).Int(0).Text(key).Texts(soft));

    public Task<uint> Commit(string key, string token, byte[] value, params string[] tags) =>
        Send(FrameKind.Commit, frame => frame.Text(key).Text(token).Text("text/plain").Byte(0).Texts(tags), value);

    public Task<uint> Update(params string[] tags) => Send(FrameKind.Update, frame => frame.Byte(0).Texts(tags));

    public Task<uint> Acknowledge(long number) => Send(FrameKind.Acknowledge, frame => frame.Long(number));

    public async Task<uint> Send(FrameKind kind, Action<FrameWriter>? content = null, byte[]? behind = null)
    {
        var frame = new FrameWriter(kind, ++_request);
        content?.Invoke(frame);
        await SendRaw([.. frame.End(behind?.Length ?? 0).Span, .. behind ?? []]);
        return _request;
    }

    public async Task SendRaw(byte[] message, WebSocketMessageType type = WebSocketMessageType.Binary)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        await _socket.SendAsync(message, type, endOfMessage: true, patience.Token);
    }

    /// <summary>The next frame; null when the connection has ended.</summary>
    public async Task<Told?> Next()
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        var (message, buffer) = (new MemoryStream(), new byte[64 * 1024]);
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveAsync(buffer, patience.Token);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    return null;
                }

                message.Write(buffer.AsSpan(0, received.Count));
                if (received.EndOfMessage)
                {
                    return new(message.ToArray());
                }
            }
        }
        catch (WebSocketException)
        {
            return null;
        }
    }

    /// <summary>The next frame of that kind; others before it are passed over.</summary>
    public async Task<Told> Next(FrameKind kind)
    {
        while (await Next() is { } told)
        {
            if (told.Kind == kind)
            {
                return told;
            }
        }

        throw new InvalidOperationException($"The connection ended before a frame {kind}: {_socket.CloseStatus} {_socket.CloseStatusDescription}.");
    }

    /// <summary>Reads until the connection has ended.</summary>
    public async Task<List<FrameKind>> UntilClosed()
    {
        var kinds = new List<FrameKind>();
        while (await Next() is { } told)
        {
            kinds.Add(told.Kind);
        }

        return kinds;
    }

    /// <summary>Is gone without a word.</summary>
    public void Abort() => _socket.Abort();

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return default;
    }
}

/// <summary>A frame of the silo.</summary>
internal sealed class Told(byte[] frame)
{
    private int _at = FrameReader.HeadLength;

    public FrameKind Kind => (FrameKind)frame[sizeof(uint)];

    public uint Request => BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(sizeof(uint) + 1));

    public bool IsWhole => BinaryPrimitives.ReadUInt32BigEndian(frame) == frame.Length - sizeof(uint);

    public byte Byte() => frame[_at++];

    public int Short() => BinaryPrimitives.ReadUInt16BigEndian(Take(sizeof(ushort)));

    public uint Int() => BinaryPrimitives.ReadUInt32BigEndian(Take(sizeof(uint)));

    public long Long() => BinaryPrimitives.ReadInt64BigEndian(Take(sizeof(long)));

    public double Double() => BinaryPrimitives.ReadDoubleBigEndian(Take(sizeof(double)));

    public string Text() => Encoding.UTF8.GetString(Take(Short()));

    public string[] Texts() => [.. Enumerable.Range(0, Short()).Select(_ => Text())];

    public byte[] Rest() => frame[_at..];

    private ReadOnlySpan<byte> Take(int bytes) => frame.AsSpan((_at += bytes) - bytes, bytes);
}

internal sealed record Welcomed(string Silo, string Namespace, long Session, TimeSpan Grant, uint MaximumFrame, int MaximumRequests, string[] Silos)
{
    public static Welcomed Of(Told told) => told.Kind == FrameKind.Welcome && told.Byte() == 1
        ? new(told.Text(), told.Text(), told.Long(), TimeSpan.FromMilliseconds(told.Int()), told.Int(), told.Short(), told.Texts())
        : throw new InvalidOperationException($"It is a {told.Kind}.");
}

internal sealed record EntryTold(byte Status, bool MayKeep, bool IsSessionLost, TimeSpan Grant, string Owner, string Token, string AsOf)
{
    public string Value { get; private init; } = string.Empty;

    public string[] Tags { get; private init; } = [];

    public double Age { get; private init; }

    public string Type { get; private init; } = string.Empty;

    public static EntryTold Of(Told told)
    {
        var (status, flags) = (told.Byte(), told.Byte());
        var entry = new EntryTold(status, (flags & 1) != 0, (flags & 2) != 0, TimeSpan.FromMilliseconds(told.Int()), told.Text(), told.Text(), told.Text());
        if (status > 1)
        {
            return entry;
        }

        var age = told.Double();
        _ = (told.Double(), told.Double(), told.Double());
        return entry with { Age = age, Type = told.Text(), Tags = told.Texts(), Value = Encoding.UTF8.GetString(told.Rest()) };
    }
}

internal sealed record DoneTold(byte Status, bool MayKeep, bool IsSessionLost, TimeSpan Grant, uint Members)
{
    public static DoneTold Of(Told told)
    {
        var (status, flags) = (told.Byte(), told.Byte());
        return new(status, (flags & 1) != 0, (flags & 2) != 0, TimeSpan.FromMilliseconds(told.Int()), told.Int());
    }
}

internal sealed record PushTold(long Number, bool Stales, string[] Names)
{
    public static PushTold Of(Told told)
    {
        var (number, stales) = (told.Long(), told.Byte() == 1);
        return new(number, stales, [.. Enumerable.Range(0, told.Short()).Select(_ => $"{(told.Byte() == 0 ? "tag" : "key")} {told.Text()}")]);
    }
}
