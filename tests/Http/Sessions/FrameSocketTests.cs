using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using OrleansTagCache.Http.Limits;
using OrleansTagCache.Http.Sessions;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>What frames take of the bytes that all callers share.</summary>
public sealed class FrameSocketTests : IAsyncLifetime
{
    private const int Shared = 100 * 1024;
    private const int Announced = 4 * 1024 * 1024;

    private readonly RequestLimits _limits = new(new() { BodyBytes = Shared });
    private readonly TcpClient _near = new();
    private TcpClient _far = null!;
    private WebSocket _client = null!;
    private WebSocket _server = null!;

    private FrameSocket Frames => new(_server, 2 * Announced, _limits, TimeSpan.FromSeconds(30), TimeProvider.System);

    public async Task InitializeAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accepting = listener.AcceptTcpClientAsync();
        await _near.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        _far = await accepting;
        _client = WebSocket.CreateFromStream(_near.GetStream(), new() { IsServer = false });
        _server = WebSocket.CreateFromStream(_far.GetStream(), new() { IsServer = true });
    }

    public Task DisposeAsync()
    {
        _client.Dispose();
        _server.Dispose();
        _near.Dispose();
        _far.Dispose();
        _limits.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>Otherwise a few callers that announce, and send nothing, would leave no room for the bodies of all others.</summary>
    [Fact]
    public async Task Frame_ThatIsOnlyAnnounced_TakesWhatHasCome()
    {
        await Send(new byte[Shared / 2], isWhole: false);
        await _client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);

        Assert.Null(await Frames.Read(CancellationToken.None));

        Assert.True(_limits.BodyBytes.TryTake(Shared));
    }

    [Fact]
    public async Task Frame_ThatIsLargerThanWhatIsLeft_IsRefused_AndGivesBackWhatItTook()
    {
        var sending = Send(new byte[2 * Shared], isWhole: false);

        await Assert.ThrowsAsync<OverloadedException>(async () => await Frames.Read(CancellationToken.None));

        Assert.True(_limits.BodyBytes.TryTake(Shared));
        await sending;
    }

    [Theory]
    [InlineData(16 * 1024, 0)]
    [InlineData((16 * 1024) + 1, (16 * 1024) + 1)]
    [InlineData(80_000, 80_000)]
    public async Task Frame_IsReadAsItWasSent(int length, int taken)
    {
        var sent = Enumerable.Range(0, length).Select(static i => (byte)i).ToArray();
        BinaryPrimitives.WriteInt32BigEndian(sent, length - sizeof(int));
        await Send(sent[..5], isWhole: false, length);
        var rest = Math.Min(30_000, length);
        await Send(sent[5..rest], isWhole: false, null);
        await Send(sent[rest..], isWhole: true, null);

        var (frame, took) = Assert.NotNull(await Frames.Read(CancellationToken.None));

        Assert.Equal(sent, frame.ToArray());
        Assert.Equal(taken, took);
    }

    [Theory]
    [InlineData(80_000, 80_001)]
    [InlineData(80_000, 79_999)]
    public async Task Message_ThatIsNotOneFrame_IsRefused(int announced, int sent)
    {
        await Send(new byte[sent], isWhole: true, announced);

        await Assert.ThrowsAsync<FrameException>(async () => await Frames.Read(CancellationToken.None));

        Assert.True(_limits.BodyBytes.TryTake(Shared));
    }

    private Task Send(byte[] bytes, bool isWhole, int? announced = Announced)
    {
        if (announced is { } length)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes, length - sizeof(int));
        }

        return _client.SendAsync(bytes, WebSocketMessageType.Binary, isWhole, CancellationToken.None);
    }
}
