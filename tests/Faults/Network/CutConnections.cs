using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Network;

/// <summary>
/// Lets the conductor cut the connections between two processes. Every connection to a silo is opened by somebody; there, where TLS would sit,
/// this holds back both directions while the pair is cut, as a network does that loses every packet: nothing arrives and nobody is told.
/// When the pair is mended, what was held back arrives late.
/// </summary>
internal sealed class CutConnections(SharedState state, int self, TimeProvider time)
{
    /// <summary>A cut connection looks so often whether it is mended.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(2);

    public void Use(IConnectionBuilder connections) => connections.Use(next => context => Attach(next, context));

    private async Task Attach(ConnectionDelegate next, ConnectionContext context)
    {
        var peer = context.RemoteEndPoint is IPEndPoint remote ? state.SlotOf(remote.Port) : -1;
        if (peer >= 0)
        {
            var wire = new Wire(this, peer, context.ConnectionClosed);
            context.Transport = new Duplex(new CutReader(context.Transport.Input, wire), new CutWriter(context.Transport.Output, wire));
        }

        await next(context);
    }

    /// <summary>One connection.</summary>
    private sealed class Wire(CutConnections owner, int peer, CancellationToken closed)
    {
        public bool IsCut => owner.IsCut(peer) && !closed.IsCancellationRequested;

        public Task WhenMended(CancellationToken cancellationToken) => owner.WhenMended(this, cancellationToken);
    }

    private bool IsCut(int peer) => state.IsCut(self, peer);

    private async Task WhenMended(Wire wire, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Look, time);
        while (wire.IsCut && await timer.WaitForNextTickAsync(cancellationToken))
        {
        }
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class CutReader(PipeReader inner, Wire wire) : PipeReader
    {
        private CancellationTokenSource _cancelled = new();

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            var result = await inner.ReadAsync(cancellationToken);
            if (wire.IsCut && !result.IsCanceled)
            {
                using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _cancelled.Token);
                try
                {
                    await wire.WhenMended(both.Token);
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                {
                    // Whoever reads was told to look up, as the contract of a pipe has it.
                    _cancelled = new();
                    return new(result.Buffer, isCanceled: true, result.IsCompleted);
                }
            }

            return result;
        }

        public override bool TryRead(out ReadResult result)
        {
            result = default;
            return !wire.IsCut && inner.TryRead(out result);
        }

        public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

        public override void CancelPendingRead()
        {
            _cancelled.Cancel();
            inner.CancelPendingRead();
        }

        public override void Complete(Exception? exception = null) => inner.Complete(exception);
    }

    private sealed class CutWriter(PipeWriter inner, Wire wire) : PipeWriter
    {
        public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            if (wire.IsCut)
            {
                await wire.WhenMended(cancellationToken);
            }

            return await inner.FlushAsync(cancellationToken);
        }

        public override void Advance(int bytes) => inner.Advance(bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override void Complete(Exception? exception = null) => inner.Complete(exception);
    }
}
