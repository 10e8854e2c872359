using System.Buffers.Binary;
using System.Net.WebSockets;
using OrleansTagCache.Http.Limits;
using OrleansTagCache.Http.Messages;

namespace OrleansTagCache.Http.Sessions;

/// <summary>
/// Frames over a WebSocket, one in each binary message. What is read of a large frame takes of the bytes that all callers share as it comes; one that is not read by its receiver within a while ends the connection.
/// </summary>
/// <remarks>One flow reads. Any thread sends: what is sent waits for its turn, and frames go out in the order of the turns.</remarks>
internal sealed class FrameSocket(WebSocket socket, long maximumFrame, RequestLimits limits, TimeSpan patience, TimeProvider time)
{
    /// <summary>Frames up to this size take nothing of the bytes that all callers share.</summary>
    private const int SmallFrame = 16 * 1024;

    private const string NotOneFrame = "A message is not one frame.";

    private readonly SemaphoreSlim _turn = new(1);
    private readonly byte[] _small = new byte[SmallFrame];
    private readonly byte[] _beyond = new byte[1];

    /// <summary>Reads the next frame.</summary>
    /// <returns>The frame, good until the next one is read; how much of the shared bytes it has taken, to be given back; nothing if the client has closed.</returns>
    /// <exception cref="FrameException">It is not a frame, or too long.</exception>
    /// <exception cref="OverloadedException">There is no room for it.</exception>
    public async ValueTask<(ReadOnlyMemory<byte> Frame, long Taken)?> Read(CancellationToken over)
    {
        var (read, isWhole) = (0, false);
        while (read < sizeof(uint) && !isWhole)
        {
            if (await Receive(_small.AsMemory(read), over) is not var (some, ends))
            {
                return null;
            }

            (read, isWhole) = (read + some, ends);
        }

        var length = read < sizeof(uint) ? 0 : sizeof(uint) + (long)BinaryPrimitives.ReadUInt32BigEndian(_small);
        if (length < FrameReader.HeadLength || length > maximumFrame)
        {
            throw new FrameException($"A frame has from {FrameReader.HeadLength} to {maximumFrame} bytes.");
        }

        if (length <= SmallFrame)
        {
            return await Fill(_small.AsMemory(0, (int)length), read, isWhole, over) ? (_small.AsMemory(0, (int)length), 0) : null;
        }

        return isWhole ? throw new FrameException(NotOneFrame) : await ReadLarge((int)length, read, over);
    }

    /// <summary>It grows as bytes arrive: what is only announced takes nothing of what all callers share.</summary>
    private async ValueTask<(ReadOnlyMemory<byte> Frame, long Taken)?> ReadLarge(int length, int read, CancellationToken over)
    {
        using var late = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, over);
        using var pieces = new BodyPieces();
        var (taken, isRead) = (0L, false);
        try
        {
            _small.AsMemory(0, read).CopyTo(pieces.Free());
            Keep(read);
            for (var isWhole = false; !isWhole;)
            {
                // One byte more than there may be: the end of a message can come by itself.
                var free = pieces.Free();
                if (await Receive(free[..Math.Min(free.Length, length - pieces.Length + 1)], either.Token) is not var (some, ends))
                {
                    return null;
                }

                Keep(some);
                isWhole = ends;
                if (ends ? pieces.Length != length : pieces.Length > length)
                {
                    throw new FrameException(NotOneFrame);
                }
            }

            var frame = pieces.ToArray();
            isRead = true;
            return (frame, taken);
        }
        finally
        {
            if (!isRead)
            {
                limits.BodyBytes.GiveBack(taken);
            }
        }

        void Keep(int some)
        {
            if (!limits.BodyBytes.TryTake(some))
            {
                throw new OverloadedException("The limit of bytes in request bodies is reached (TagCache:Limits:BodyBytes).");
            }

            taken += some;
            pieces.Advance(some);
        }
    }

    /// <summary>Sends a frame. If it is not taken in time, the connection is at an end.</summary>
    /// <returns>Whether it was sent.</returns>
    public async Task<bool> Send(ServerFrame frame, CancellationToken over)
    {
        try
        {
            await _turn.WaitAsync(over);
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        try
        {
            using var late = new CancellationTokenSource(patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, over);
            var isAll = frame.Payload.IsEmpty;
            await socket.SendAsync(frame.Head, WebSocketMessageType.Binary, isAll, either.Token);
            if (!isAll)
            {
                await socket.SendAsync(frame.Payload, WebSocketMessageType.Binary, endOfMessage: true, either.Token);
            }

            return true;
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException or InvalidOperationException or IOException)
        {
            // Half a message may be out: nothing can follow it.
            socket.Abort();
            return false;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Closes the connection, with the reason if it has one.</summary>
    public async Task Close(WebSocketCloseStatus status, string reason)
    {
        using var late = new CancellationTokenSource(patience, time);
        try
        {
            await _turn.WaitAsync(late.Token);
            try
            {
                await socket.CloseOutputAsync(status, reason, late.Token);
            }
            finally
            {
                _turn.Release();
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException or InvalidOperationException or IOException)
        {
            socket.Abort();
        }
    }

    private async ValueTask<bool> Fill(Memory<byte> frame, int read, bool isWhole, CancellationToken over)
    {
        using var late = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, over);
        while (!isWhole && read <= frame.Length)
        {
            // The end of a message can come by itself.
            if (await Receive(read < frame.Length ? frame[read..] : _beyond, either.Token) is not var (some, ends))
            {
                return false;
            }

            (read, isWhole) = (read + some, ends);
        }

        return isWhole && read == frame.Length ? true : throw new FrameException(NotOneFrame);
    }

    private async ValueTask<(int Bytes, bool IsWhole)?> Receive(Memory<byte> into, CancellationToken over)
    {
        var received = await socket.ReceiveAsync(into, over);
        return received.MessageType switch
        {
            WebSocketMessageType.Close => null,
            WebSocketMessageType.Text => throw new FrameException("Frames are binary messages."),
            _ => (received.Count, received.EndOfMessage),
        };
    }
}
