using System.Buffers;
using System.IO.Pipelines;

namespace OrleansTagCache.Http.Messages;

/// <summary>
/// An answer that is given to the server in pieces, the next one when the caller has read what came before: the server copies what it is given at once, and each caller who reads slowly would cost it as much memory as the answer is large.
/// </summary>
/// <param name="contentType">Its type.</param>
/// <param name="length">How many bytes it has; null if that is not known.</param>
/// <param name="write">Writes it.</param>
internal sealed class PiecesAnswer(string contentType, long? length, Func<PiecesWriter, Task> write) : IResult
{
    /// <summary>These bytes.</summary>
    public static PiecesAnswer Of(byte[] bytes, string contentType) => new(contentType, bytes.Length, to => to.Write(bytes));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        (response.ContentType, response.ContentLength) = (contentType, length);
        if (HttpMethods.IsHead(httpContext.Request.Method))
        {
            return;
        }

        try
        {
            await write(new(response.BodyWriter, httpContext.RequestAborted));
            await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The caller has gone. Were the answer ended as if it were whole, a proxy might take it for that.
            httpContext.Abort();
        }
    }
}

/// <summary>Gives a server an answer in pieces.</summary>
/// <param name="server">Where to.</param>
/// <param name="stop">Cancelled when the caller has gone.</param>
internal sealed class PiecesWriter(PipeWriter server, CancellationToken stop)
{
    /// <summary>The most that the server is given beyond what it waits to be read of.</summary>
    public const int Piece = 32 * 1024;

    private int _given;

    /// <summary>Many bytes.</summary>
    public async Task Write(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var next = Math.Min(bytes.Length, Piece - _given);
            server.Write(bytes.Span[..next]);
            bytes = bytes[next..];
            await Given(next);
        }
    }

    /// <summary>Has some bytes made in the server's memory.</summary>
    /// <param name="most">How many bytes at the most; no more than a piece.</param>
    /// <param name="make">Makes them, and says how many they are.</param>
    public Task Write(int most, Func<Span<byte>, int> make)
    {
        var made = make(server.GetSpan(most));
        server.Advance(made);
        return Given(made);
    }

    private async Task Given(int bytes)
    {
        _given += bytes;
        if (_given >= Piece)
        {
            _given = 0;
            await server.FlushAsync(stop);
            stop.ThrowIfCancellationRequested();
        }
    }
}
