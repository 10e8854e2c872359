using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Invalidation;

/// <summary>Tells coordinators of updates that the clients of this silo held up, and have let go of since.</summary>
/// <remarks>Thread-safe. It is sent once: a coordinator that does not get it repeats what it sent, and takes the receipt of that.</remarks>
internal sealed partial class Confirmations(IPeers peers, SiloAddress self, ILogger logger)
{
    public void Send(IEnumerable<(UpdateId Id, SiloAddress Coordinator)> updates, bool isSessionBroken)
    {
        foreach (var group in updates.GroupBy(update => update.Coordinator, update => update.Id))
        {
            _ = Confirm(group.Key, [.. group], isSessionBroken);
        }
    }

    private async Task Confirm(SiloAddress coordinator, UpdateId[] updates, bool isSessionBroken)
    {
        try
        {
            await peers.On(coordinator).Confirm(self, updates, isSessionBroken);
        }
        catch (Exception exception)
        {
            LogNotConfirmed(exception, coordinator);
        }
    }

    [LoggerMessage(3304, LogLevel.Debug, "A confirmation did not reach silo {Silo}; it will ask again")]
    private partial void LogNotConfirmed(Exception exception, SiloAddress silo);
}
