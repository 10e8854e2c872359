using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Invalidation;

/// <content>What the sender takes and reports: batches for the members, and their receipts.</content>
internal sealed partial class Invalidator
{
    /// <summary>While any update of this silo's own is not settled.</summary>
    private bool Repeat()
    {
        lock (_gate)
        {
            _coordination.Repeat(_time.Now() + -RepeatAfter).ForEach(_sender.Wake);
            return _coordination.Count > 0;
        }
    }

    UpdateBatch? IUpdateSource.TakeBatch(SiloAddress silo)
    {
        lock (_gate)
        {
            return _coordination.TakeBatch(silo, _membership.Others.Contains(silo), _time.Now());
        }
    }

    void IUpdateSource.Delivered(SiloAddress silo, UpdateBatch batch, UpdateReceipt receipt)
    {
        Acknowledged(silo, receipt.Acknowledged);
        if (receipt.Acknowledged.Length < batch.Updates.Length)
        {
            lock (_gate)
            {
                _coordination.AwaitsClients(silo, batch.Updates.Select(update => update.Id).Except(receipt.Acknowledged));
            }
        }
    }

    void IUpdateSource.Lost(SiloAddress silo, UpdateBatch batch)
    {
        lock (_gate)
        {
            _coordination.Lost(silo, batch);
        }
    }

    private void Acknowledged(SiloAddress silo, UpdateId[] updates, bool isSessionBroken = false)
    {
        lock (_gate)
        {
            var who = silo.ToString();
            NoteDelaysNeedsLock(silo, updates, isSessionBroken);
            _coordination.Acknowledged(silo, updates);
            foreach (var id in updates)
            {
                if (_callers.Heard(id, who))
                {
                    ReconsiderNeedsLock(id);
                }
            }
        }
    }

    [LoggerMessage(3306, LogLevel.Error, "A search for updates to send again failed; the next one follows")]
    private partial void LogRepeatFailed(Exception exception);
}
