using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Invalidation;

/// <content>
/// The walks of updates of all of several tags: over what this silo keeps, as entries of its own, as a standby and near, to end what bears all of them.
///
/// <para><b>Order.</b> First the ledger, then the walk, then the interested sessions, and only then the acknowledgement. A client that registers its interest too late to be told finds the value dead (invariant J1).</para>
///
/// <para><b>Cost.</b> A walk takes time in the number of entries that bear the rarest of the tags. It runs outside of the lock, in pieces, so neither other updates nor reads wait for it.</para>
/// </content>
internal sealed partial class Invalidator
{
    /// <summary>Why no update of all of several tags may begin now; null if one may.</summary>
    public string? WhyNotAll => _versions.Spoken < ProtocolVersion.Conjunctions ? "A silo of the cluster has a version that knows no updates of all of several tags." : null;

    /// <summary>Why no update may begin now that readers of its tags are to see; null if one may.</summary>
    public string? WhyNotRemember => _versions.Spoken < ProtocolVersion.Remembering ? "A silo of the cluster has a version that remembers no updates for readers of their tags." : null;

    /// <summary>Whether a client of this silo, or the walk, has to end before an update of its own does.</summary>
    private bool IsHeldUpNeedsLock(TagUpdate update, Stamp applied)
    {
        if (update.Match == TagMatch.Any)
        {
            return !_sessions.Queue(update);
        }

        _ = DetachedTask.Run(() => WalkOn(update, applied));
        return true;
    }

    /// <summary>The first piece at once, which is mostly all of it, and the rest behind the caller's back.</summary>
    private void Walk(TagUpdate update, Stamp at)
    {
        var walk = _ledger.EndAll(update.Tags, at);
        if (walk.IsCompletedSuccessfully)
        {
            lock (_gate)
            {
                if (_sessions.Queue(update))
                {
                    _awaitingClients.Remove(update.Id);
                }
            }
        }
        else
        {
            _ = DetachedTask.Run(() => WalkOn(update, at, walk.AsTask()));
        }
    }

    /// <summary>Goes on until it has ended: without that the update would not be acknowledged.</summary>
    private async Task WalkOn(TagUpdate update, Stamp at, Task? begun = null)
    {
        await BackgroundLoop.Loop(
            async () =>
            {
                var walk = begun ?? _ledger.EndAll(update.Tags, at).AsTask();
                begun = null;
                await walk.ConfigureAwait(false);
                return false;
            },
            LogNotWalked,
            _time).ConfigureAwait(false);
        bool hasEnded;
        lock (_gate)
        {
            hasEnded = _sessions.Queue(update);
        }

        if (hasEnded)
        {
            ClientsLetGo([update.Id], isSessionBroken: false);
        }
    }

    [LoggerMessage(3310, LogLevel.Error, "A walk over the entries that bear all tags of an update failed; it is tried again")]
    private partial void LogNotWalked(Exception exception);
}
