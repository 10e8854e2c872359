using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Fanout;

/// <summary>
/// Takes batches to the members: one at a time for each of them, again and again until there is nothing left. Updates that arrive while a batch is
/// on its way share the next one.
/// </summary>
/// <remarks>Thread-safe. Its lock guards who is being sent to; it may be taken inside any other, and nothing is called from within it.</remarks>
internal sealed partial class Courier(IPeers peers, ICourierDesk desk, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();

    /// <summary>The members that a loop is at work for, and whether there was mail since it last looked.</summary>
    private readonly Dictionary<SiloAddress, bool> _atWork = [];

    /// <summary>There is something for that member.</summary>
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

        _ = Task.Run(() => Carry(silo));
    }

    /// <summary>Nothing ends it but that there is nothing left: a member whose loop had ended by a fault would get nothing any more.</summary>
    private Task Carry(SiloAddress silo) => Lasting.Loop(
        async () =>
        {
            if (desk.TakeBatch(silo) is not var (batch, message))
            {
                return HasBeenWoken(silo);
            }

            await Deliver(silo, batch, message);
            return true;
        },
        exception => LogFailed(exception, silo),
        time);

    private async Task Deliver(SiloAddress silo, OutgoingBatch batch, ChangeBatch message)
    {
        try
        {
            desk.Delivered(silo, await peers.On(silo).Deliver(message));
        }
        catch (Exception exception)
        {
            // Whatever it was, the member has not acknowledged: again, until it has or has left.
            LogNotDelivered(exception, silo);
            desk.Lost(silo, batch);
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

    [LoggerMessage(3305, LogLevel.Error, "What is to be sent to silo {Silo} could not be made out; the next round tries again")]
    private partial void LogFailed(Exception exception, SiloAddress silo);
}

/// <summary>Where a courier gets its batches and reports what became of them.</summary>
internal interface ICourierDesk
{
    /// <summary>What is to be sent to that silo now; null for nothing.</summary>
    (OutgoingBatch Batch, ChangeBatch Message)? TakeBatch(SiloAddress silo);

    void Delivered(SiloAddress silo, BatchReceipt receipt);

    /// <summary>Nothing is known of what became of it.</summary>
    void Lost(SiloAddress silo, OutgoingBatch batch);
}
