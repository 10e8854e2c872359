using Microsoft.Extensions.Logging;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Outbox;
using OrleansTagCache.Updating;

namespace OrleansTagCache.Saving;

/// <summary>
/// The tags of one transaction, or of one save without a transaction: held before the statements that change their rows, until the outcome is known.
/// </summary>
/// <remarks>
/// <para>Tags come with each save, and are held until the end of the transaction: a rollback to a savepoint releases nothing, since a statement before it may have changed the same rows. Those that cannot be held are
/// updated after the commit instead, if the options allow it; once one could not be held, the rest of the transaction does not wait for the cluster again.</para>
/// <para>Right before the commit it looks whether all are held still, and takes new holds for those whose time is over. What is committed is never reported as failed: what the cluster does not confirm is updated in
/// the background, or from the outbox.</para>
/// <para>A transaction is used by one flow at a time; its end may come from another thread, such as that of an ambient transaction.</para>
/// </remarks>
internal sealed partial class HeldTags(SavedTags saved, TagCacheSaveOptions options, OutboxTable? outbox, OutboxQueue? queue)
{
    /// <summary>A hold is taken again if less than this part of its time is left when the commit begins, which takes time as well.</summary>
    private const int LeastPart = 10;

    private readonly Lock _lock = new();
    private readonly HashSet<string> _tags = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unheld = new(StringComparer.Ordinal);
    private readonly HashSet<string> _inRows = new(StringComparer.Ordinal);
    private readonly List<Guid> _rows = [];
    private List<ITagHold> _holds = [];

    /// <summary>The cache that they are tags of.</summary>
    public SavedTags Saved => saved;

    /// <summary>The table that the tags are written to with the transaction; null if none is mapped.</summary>
    public OutboxTable? Outbox => outbox;

    /// <summary>Holds those of the tags that are not held yet.</summary>
    /// <exception cref="TagCacheUnavailableException">They could not be held, and the options do not allow it.</exception>
    public async Task Add(IEnumerable<string> tags, CancellationToken cancellationToken)
    {
        string[] further;
        lock (_lock)
        {
            // By what is held now, not by what was asked for: a hold may be over.
            var covered = _holds.Where(hold => hold.IsHeld).SelectMany(hold => hold.Tags).Concat(_unheld).ToHashSet(StringComparer.Ordinal);
            _tags.UnionWith(tags);
            if (_tags.Count > options.MaximumTags && !_tags.Contains("*"))
            {
                LogEverything(saved.Log, options.MaximumTags);
                _tags.Add("*");
            }

            further = [.. (_tags.Contains("*") ? ["*"] : tags.Distinct(StringComparer.Ordinal)).Where(tag => !covered.Contains(tag))];
        }

        if (further.Length > 0)
        {
            await Hold(further, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Tags that will be updated after the commit, since their rows are committed already.</summary>
    public void AddUnheld(IEnumerable<string> tags)
    {
        lock (_lock)
        {
            _unheld.UnionWith(tags.Where(tag => !_tags.Contains(tag) && !_tags.Contains("*")));
            _tags.UnionWith(_unheld);
        }
    }

    /// <summary>For a transaction whose end is not told: what could not be held is updated now, and when a hold of it would have ended by itself.</summary>
    public void UpdateUnheld()
    {
        string[] unheld;
        lock (_lock)
        {
            unheld = [.. _unheld];
        }

        if (unheld.Length > 0)
        {
            saved.UpdateNowAndAfter(unheld, options.AtMost);
        }
    }

    /// <summary>The last look before the commit: what is not held any more is held again.</summary>
    /// <exception cref="TagCacheUnavailableException">It could not be held, and the options do not allow it.</exception>
    public async Task BeforeCommit(CancellationToken cancellationToken)
    {
        string[] lapsed;
        lock (_lock)
        {
            var held = _holds.Where(hold => hold.IsHeld && hold.Remaining >= options.AtMost / LeastPart).ToList();
            foreach (var over in _holds.Except(held))
            {
                over.Abandon();
                saved.Metrics.OnHold(HoldEnd.Renewed);
                LogRenewed(saved.Log);
            }

            _holds = held;
            lapsed = [.. (_tags.Contains("*") ? ["*"] : _tags).Except(_unheld).Except(held.SelectMany(hold => hold.Tags))];
        }

        if (lapsed.Length > 0)
        {
            await Hold(lapsed, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The next row of the outbox: the tags that no row has yet, or all of them where a rollback to a savepoint may have taken rows away. Null if there are none, or no outbox.</summary>
    public (Guid Id, string[] Tags)? NextRow(bool isAll)
    {
        lock (_lock)
        {
            string[] tags = _tags.Contains("*") ? ["*"] : [.. _tags];
            tags = outbox is null ? [] : Array.FindAll(tags, tag => _inRows.Add(tag) || isAll);
            if (tags.Length == 0)
            {
                return null;
            }

            var id = Guid.CreateVersion7(saved.Time.GetUtcNow());
            _rows.Add(id);
            saved.Metrics.OnRows(RowEvent.Written);
            return (id, tags);
        }
    }

    /// <summary>The transaction has committed. It does not throw.</summary>
    public async Task Committed()
    {
        var (holds, unheld, rows) = Take();
        var unconfirmed = new List<string>();
        await Task.WhenAll(holds.Select(async hold =>
        {
            try
            {
                var wasHeld = await SavedTags.Release(hold).ConfigureAwait(false);
                saved.Metrics.OnHold(wasHeld ? HoldEnd.Held : HoldEnd.Lapsed);
                if (!wasHeld)
                {
                    LogLapsed(saved.Log);
                }
            }
            catch (Exception exception)
            {
                Unconfirmed(hold.Tags, exception);
            }
        }).Append(Update())).ConfigureAwait(false);
        if (unconfirmed.Count > 0 && (rows.Length == 0 || queue is null))
        {
            saved.UpdateLater(unconfirmed);
        }

        Array.ForEach(rows, row => Tell(row, isDone: unconfirmed.Count == 0));

        async Task Update()
        {
            if (unheld.Length > 0)
            {
                try
                {
                    await saved.Update(unheld).ConfigureAwait(false);
                }
                catch (Exception exception)
                {
                    Unconfirmed(unheld, exception);
                }
            }
        }

        void Unconfirmed(IEnumerable<string> tags, Exception exception)
        {
            LogUnconfirmed(saved.Log, exception);
            saved.Metrics.OnHold(HoldEnd.Unconfirmed);
            lock (unconfirmed)
            {
                unconfirmed.AddRange(tags);
            }
        }
    }

    /// <summary>The transaction was rolled back, or had nothing to commit. Nobody waits for the release: what is held still only misses.</summary>
    public void RolledBack()
    {
        var (holds, _, rows) = Take();
        foreach (var hold in holds)
        {
            saved.Metrics.OnHold(HoldEnd.RolledBack);
            _ = Release(hold);
        }

        Array.ForEach(rows, row => Tell(row, isDone: true));

        async Task Release(ITagHold hold)
        {
            try
            {
                await SavedTags.Release(hold).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                // Nothing was changed: what is still stored is right, and the hold ends by itself.
                LogNotReleased(saved.Log, exception);
            }
        }
    }

    /// <summary>It is not known whether the transaction has committed, or will: the holds are left to their time, and what could not be held is updated now and then.</summary>
    public void Unknown()
    {
        var (holds, unheld, _) = Take();
        if (holds.Length + unheld.Length == 0)
        {
            return;
        }

        LogUnknown(saved.Log);
        foreach (var hold in holds)
        {
            hold.Abandon();
            saved.Metrics.OnHold(HoldEnd.Abandoned);
        }

        if (unheld.Length > 0)
        {
            saved.UpdateNowAndAfter(unheld, options.AtMost);
        }
    }

    private async Task Hold(string[] tags, CancellationToken cancellationToken)
    {
        var begun = saved.Time.GetTimestamp();
        await Task.WhenAll(tags.Chunk(NameLimits.TagsPerCall).Select(some => HoldSome(some, cancellationToken))).ConfigureAwait(false);
        saved.Metrics.OnHeld(saved.Time.GetElapsedTime(begun));
    }

    private async Task HoldSome(string[] tags, CancellationToken cancellationToken)
    {
        try
        {
            if (HasUnheld())
            {
                lock (_lock)
                {
                    _unheld.UnionWith(tags);
                }

                return;
            }

            var hold = await saved.Hold(tags, options.AtMost, cancellationToken).ConfigureAwait(false);
            lock (_lock)
            {
                _holds.Add(hold);
            }
        }
        catch (TagCacheUnavailableException exception) when (options.WithoutHold == WithoutHold.CommitAndUpdate)
        {
            saved.Metrics.OnHold(HoldEnd.Unavailable);
            LogUnheld(saved.Log, exception);
            lock (_lock)
            {
                _unheld.UnionWith(tags);
            }
        }
    }

    private bool HasUnheld()
    {
        lock (_lock)
        {
            return _unheld.Count > 0;
        }
    }

    /// <summary>What there is to end, once. The tags stay known: a commit that is tried again holds them again.</summary>
    private (ITagHold[] Holds, string[] Unheld, Guid[] Rows) Take()
    {
        lock (_lock)
        {
            (ITagHold[], string[], Guid[]) taken = ([.. _holds], [.. _unheld], [.. _rows]);
            _holds.Clear();
            _unheld.Clear();
            _rows.Clear();
            return taken;
        }
    }

    private void Tell(Guid row, bool isDone)
    {
        if (isDone)
        {
            queue?.Done(row);
        }
        else
        {
            queue?.Urgent(row);
        }
    }

    [LoggerMessage(11001, LogLevel.Warning, "The tags of a save could not be held. It goes on, and they are updated after its commit")]
    private static partial void LogUnheld(ILogger log, Exception exception);

    [LoggerMessage(11002, LogLevel.Warning, "A hold was over before its transaction had committed. Readers may have got values from before the commit until now; its tags have been updated")]
    private static partial void LogLapsed(ILogger log);

    [LoggerMessage(11003, LogLevel.Information, "A hold was over, or nearly, before its transaction began to commit, and was taken again")]
    private static partial void LogRenewed(ILogger log);

    [LoggerMessage(11004, LogLevel.Warning, "A transaction has committed, and not every process has confirmed the update of its tags. It is repeated until they have")]
    private static partial void LogUnconfirmed(ILogger log, Exception exception);

    [LoggerMessage(11006, LogLevel.Warning, "It is not known whether a transaction has committed. Its tags are held until their time is over, and updated then")]
    private static partial void LogUnknown(ILogger log);

    [LoggerMessage(11007, LogLevel.Warning, "A transaction changes more than {Most} tags. Every entry of the namespace is held for it")]
    private static partial void LogEverything(ILogger log, int most);

    [LoggerMessage(11008, LogLevel.Debug, "A hold of a transaction that was rolled back could not be released. It ends by itself")]
    private static partial void LogNotReleased(ILogger log, Exception exception);
}
