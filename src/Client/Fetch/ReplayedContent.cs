using System.Net;

namespace OrleansTagCache.Fetch;

/// <summary>A body of which the beginning was read already: it is given again, and then the rest from the wire.</summary>
internal sealed class ReplayedContent : HttpContent
{
    private readonly byte[] _beginning;
    private readonly HttpContent _original;
    private readonly Stream _rest;

    private ReplayedContent(HttpContent original, byte[] beginning, Stream rest, bool isComplete)
    {
        (_original, _beginning, _rest, IsComplete) = (original, beginning, rest, isComplete);
        foreach (var header in original.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(header.Key, header.Value);
        }
    }

    /// <summary>Whether there is no more than was read.</summary>
    public bool IsComplete { get; }

    /// <summary>Reads a body until its end, or until it is too long.</summary>
    public static async Task<ReplayedContent> Read(HttpContent content, int most, CancellationToken cancellationToken)
    {
        var stream = await content.ReadAsStreamAsync(cancellationToken);
        var read = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (read.Length <= most)
        {
            var count = await stream.ReadAsync(buffer, cancellationToken);
            if (count == 0)
            {
                return new(content, read.ToArray(), stream, isComplete: true);
            }

            read.Write(buffer, 0, count);
        }

        return new(content, read.ToArray(), stream, isComplete: false);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(_beginning, cancellationToken);
        if (!IsComplete)
        {
            await _rest.CopyToAsync(stream, cancellationToken);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = IsComplete ? _beginning.Length : _original.Headers.ContentLength ?? -1;
        return length >= 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _original.Dispose();
        }

        base.Dispose(disposing);
    }
}
