using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Parsers;
using Microsoft.Diagnostics.Tracing.Parsers.Clr;

namespace OrleansTagCache.Bench.SideBySide.Machine;

/// <summary>Watches for how long the garbage collector stops all threads of a process: from the moment it asks them to stop until they run again.</summary>
internal sealed class GCPauses : IDisposable
{
    private readonly EventPipeSession _session;
    private readonly Task<Pauses> _pauses;

    private GCPauses(EventPipeSession session) =>
        (_session, _pauses) = (session, Task.Factory.StartNew(() => Watch(session.EventStream), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));

    public static GCPauses Of(int process) => new(new DiagnosticsClient(process).StartEventPipeSession(
        [new EventPipeProvider(ClrTraceEventParser.ProviderName, EventLevel.Informational, (long)ClrTraceEventParser.Keywords.GC)], requestRundown: false));

    /// <summary>Stops watching.</summary>
    public async Task<Pauses> End()
    {
        await _session.StopAsync(CancellationToken.None);
        return await _pauses;
    }

    public void Dispose() => _session.Dispose();

    private static Pauses Watch(Stream events)
    {
        var pauses = new Pauses(0, 0, 0);
        double? stopped = null;
        using var source = new EventPipeEventSource(events);
        source.Clr.GCSuspendEEStart += suspension =>
        {
            if (suspension.Reason is GCSuspendEEReason.SuspendForGC or GCSuspendEEReason.SuspendForGCPrep)
            {
                stopped = suspension.TimeStampRelativeMSec;
            }
        };
        source.Clr.GCRestartEEStop += restart =>
        {
            pauses = stopped is { } begun ? pauses.With(restart.TimeStampRelativeMSec - begun) : pauses;
            stopped = null;
        };
        source.Process();
        return pauses;
    }
}

/// <summary>Pauses of a process, in milliseconds.</summary>
internal sealed record Pauses(int Count, double Longest, double Total)
{
    public Pauses With(double pause) => new(Count + 1, Math.Max(Longest, pause), Total + pause);
}
