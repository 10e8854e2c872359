using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Tasks;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Invalidation;

/// <summary>
/// Sends batches to the members: one at a time to each of them, until nothing is left to send. Updates that arrive while a batch is
/// on its way share the next one.
/// </summary>
/// <remarks>Thread-safe. Its lock guards who is being sent to; it may be taken inside any other, and nothing is called from within it.</remarks>
internal sealed partial class UpdateSender(IPeers peers, IUpdateSource source, SiloAddress self, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();

    /// <summary>The members that have a running loop, and whether something was queued since it last looked.</summary>
    private readonly Dictionary<SiloAddress, bool> _atWork = [];

    /// <summary>Something is queued for each of these.</summary>
    public void WakeAll(IEnumerable<SiloAddress> silos)
    {
        foreach (var silo in silos)
        {
            Wake(silo);
        }
    }

    /// <summary>Something is queued for that member.</summary>
    public void Wake(SiloAddress silo)
    {
        lock (_gate)
        {
            if (!_atWork.TryAdd(silo, false))
            {
                _atWork[silo] = true;
                return;
            }
        }

        // It carries the updates of many callers: the context of the first must not stay with it.
        _ = DetachedTask.Run(() => Carry(silo));
    }

    /// <summary>Only an empty queue ends the loop: a member whose loop had ended by a fault would get nothing any more.</summary>
    private Task Carry(SiloAddress silo) => BackgroundLoop.Loop(
        async () =>
        {
            if (source.TakeBatch(silo) is not { } batch)
            {
                return HasBeenWoken(silo);
            }

            await Deliver(silo, batch);
            return true;
        },
        exception => LogFailed(exception, silo),
        time);

    private async Task Deliver(SiloAddress silo, UpdateBatch batch)
    {
        using var activity = Tracing.Start<TagUpdate>(CacheActivities.Deliver, ActivityKind.Client, batch.Updates, static update => update.Trace);
        activity?.SetTag(Tracing.SiloTag, silo.ToString());
        try
        {
            source.Delivered(silo, batch, await peers.On(silo).Deliver(self, activity is null ? batch : batch with { Trace = activity.Id }));
        }
        catch (Exception exception)
        {
            activity.Failed(exception);

            // Whatever went wrong, the member has not acknowledged: the batch is sent again, until it has or has left.
            LogNotDelivered(exception, silo);
            source.Lost(silo, batch);
            await Task.Delay(RetryPause, time);
        }
    }

    private bool HasBeenWoken(SiloAddress silo)
    {
        lock (_gate)
        {
            if (_atWork[silo])
            {
                _atWork[silo] = false;
                return true;
            }

            _atWork.Remove(silo);
            return false;
        }
    }

    [LoggerMessage(3301, LogLevel.Debug, "A batch did not reach silo {Silo}; it is sent again")]
    private partial void LogNotDelivered(Exception exception, SiloAddress silo);

    [LoggerMessage(3305, LogLevel.Error, "The next batch for silo {Silo} could not be prepared; it is tried again")]
    private partial void LogFailed(Exception exception, SiloAddress silo);
}

/// <summary>Where a sender gets its batches and reports what became of them.</summary>
internal interface IUpdateSource
{
    /// <summary>What is to be sent to that silo now; null for nothing.</summary>
    UpdateBatch? TakeBatch(SiloAddress silo);

    /// <summary>The silo has applied all of the batch.</summary>
    void Delivered(SiloAddress silo, UpdateBatch batch, UpdateReceipt receipt);

    /// <summary>Nothing is known of what became of it.</summary>
    void Lost(SiloAddress silo, UpdateBatch batch);
}
