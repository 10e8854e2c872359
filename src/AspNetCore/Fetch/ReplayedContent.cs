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

    /// <summary>As it comes: whoever reads a stream does not want all of it in memory.</summary>
    protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult<Stream>(IsComplete ? new MemoryStream(_beginning, writable: false) : new Replay(_beginning, _rest));

    protected override Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) => CreateContentReadStreamAsync();

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

    /// <summary>The beginning, then the rest.</summary>
    private sealed class Replay(byte[] beginning, Stream rest) : Stream
    {
        private int _given;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Take(buffer.AsSpan(offset, count)) is > 0 and var taken ? taken : rest.Read(buffer, offset, count);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Take(buffer.Span) is > 0 and var taken ? taken : await rest.ReadAsync(buffer, cancellationToken);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                rest.Dispose();
            }

            base.Dispose(disposing);
        }

        private int Take(Span<byte> target)
        {
            var taken = Math.Min(target.Length, beginning.Length - _given);
            beginning.AsSpan(_given, taken).CopyTo(target);
            _given += taken;
            return taken;
        }
    }
}
