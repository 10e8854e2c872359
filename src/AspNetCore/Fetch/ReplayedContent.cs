using System.Net;
using System.Runtime.ExceptionServices;

namespace OrleansTagCache.Fetch;

/// <summary>A body of which the beginning was read already: it is given again, and then the rest from the wire.</summary>
internal sealed class ReplayedContent : HttpContent
{
    private readonly byte[] _beginning;
    private readonly HttpContent _original;
    private readonly Stream _rest;
    private readonly Exception? _fault;

    private ReplayedContent(HttpContent original, byte[] beginning, Stream rest, bool isComplete, Exception? fault = null)
    {
        (_original, _beginning, _rest, IsComplete, _fault) = (original, beginning, rest, isComplete, fault);
        foreach (var header in original.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(header.Key, header.Value);
        }
    }

    /// <summary>Whether there is no more than was read.</summary>
    public bool IsComplete { get; }

    /// <summary>Whether reading it failed: the reader finds that out where it would have without this.</summary>
    public bool IsCutShort => _fault is not null;

    /// <summary>Reads a body until its end, or until it is too long.</summary>
    public static async Task<ReplayedContent> Read(HttpContent content, int most, CancellationToken cancellationToken)
    {
        var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var read = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (read.Length <= most)
        {
            int count;
            try
            {
                count = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                return new(content, read.ToArray(), stream, isComplete: false, fault);
            }

            if (count == 0)
            {
                return new(content, read.ToArray(), stream, isComplete: true);
            }

            read.Write(buffer, 0, count);
        }

        return new(content, read.ToArray(), stream, isComplete: false);
    }

    /// <summary>As it comes: a reader of a stream does not want all of it in memory.</summary>
    protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult<Stream>(IsComplete ? new MemoryStream(_beginning, writable: false) : new Replay(_beginning, _rest, _fault));

    protected override Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) => CreateContentReadStreamAsync();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(_beginning, cancellationToken).ConfigureAwait(false);
        if (!IsComplete)
        {
            ThrowIf(_fault);
            await _rest.CopyToAsync(stream, cancellationToken).ConfigureAwait(false);
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

    private static void ThrowIf(Exception? fault)
    {
        if (fault is not null)
        {
            ExceptionDispatchInfo.Throw(fault);
        }
    }

    /// <summary>The beginning, then the rest, or how it failed.</summary>
    private sealed class Replay(byte[] beginning, Stream rest, Exception? fault) : Stream
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
            Take(buffer.Span) is > 0 and var taken ? taken : await rest.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);

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
            if (taken == 0 && target.Length > 0)
            {
                ThrowIf(fault);
            }

            beginning.AsSpan(_given, taken).CopyTo(target);
            _given += taken;
            return taken;
        }
    }
}
