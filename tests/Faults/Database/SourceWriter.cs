using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using OrleansTagCache.Faults.Roles;
using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Database;

/// <summary>One writer: transactions that change rows of some tags and are committed or, one in five, rolled back; and what it tells the cache of them.</summary>
internal sealed class SourceWriter(RoleContext role, CommitState commits, IDbContextFactory<RowsContext> contexts, ITagCache cache, ReadRecorder reads, int writer, Random random)
{
    private const int RollbackEvery = 5;
    private const int OwnReadEvery = 3;

    private static readonly TimeSpan HoldLength = TimeSpan.FromSeconds(10);

    /// <summary>
    /// So much of its hold a writer wants to have left before it commits. No nemesis freezes a writer for longer: one that was frozen past the end of its hold between its look and the commit is the window that
    /// holds do not close.
    /// </summary>
    private static readonly TimeSpan Reserve = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan DwellLook = TimeSpan.FromMilliseconds(20);

    public async Task Run()
    {
        while (!role.State.IsOver)
        {
            var start = role.Time.GetTimestamp();
            try
            {
                await Transact();
                role.State.SetLastDone(writer, start);
            }
            catch (Exception exception) when (exception is TagCacheException or DbException or DbUpdateException or InvalidOperationException)
            {
                Console.WriteLine($"A transaction failed: {exception.GetType().Name}: {exception.Message} {exception.InnerException?.Message}");
                role.State.Count(role.Options.Slot, Counter.UpdatesFailed);
            }

            role.State.SetInFlight(writer, 0);
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1, role.Options.Pause * 2)), role.Time);
        }
    }

    private async Task Transact()
    {
        var (dies, dwells) = (commits.Of(writer, WriterCell.DieAfterCommit), commits.Of(writer, WriterCell.Dwell));
        var isAsked = dies > 0 || dwells > 0;
        var (rows, tags) = isAsked ? (DatabaseLayout.OwnRowsOf(writer), TagsOf(DatabaseLayout.OwnRowsOf(writer))) : AnyRows();
        if (tags.Contains(DatabaseLayout.GroupTagOf(0)))
        {
            // The nemesis that kills the coordinator of a common tag waits for these.
            role.State.SetInFlight(writer, Layout.MaskOf([Layout.CommonTag]));
        }

        await using var context = await contexts.CreateDbContextAsync();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var stored = await context.Lock(rows);
        var mine = new SourceTransaction(role, commits, writer, rows, dies > 0);
        var askedAt = role.Time.GetTimestamp();
        using var action = ServerAction.Begin();
        var holding = role.Options.Telling == Telling.Afterwards ? null : cache.HoldAsync(tags, isAsked ? TimeSpan.FromMilliseconds(Math.Max(dies, dwells)) : HoldLength).AsTask();
        try
        {
            if (role.Options.Telling == Telling.Held)
            {
                await holding!;
            }

            if (isAsked)
            {
                commits.Set(writer, WriterCell.AskedAt, askedAt);
                commits.Set(writer, WriterCell.HeldAt, role.Time.GetTimestamp());
            }

            stored.ForEach(row => row.Version = mine.Version);
            await context.SaveChangesAsync();
            if (role.Options.OwnReads && role.Options.Telling == Telling.Held && random.Next(OwnReadEvery) == 0)
            {
                await ReadOwn(context, rows[random.Next(rows.Length)], mine.Version);
            }
        }
        catch (Exception)
        {
            await transaction.RollbackAsync();
            mine.RolledBack(CommitCounter.Refused);
            if (holding is { IsCompletedSuccessfully: true })
            {
                await holding.Result.ReleaseAsync();
            }

            throw;
        }

        if (dwells > 0)
        {
            await Dwell(holding is null ? null : await holding);
        }

        await End(mine, transaction, holding, tags, mayRollBack: !isAsked);
    }

    private async Task End(SourceTransaction mine, IDbContextTransaction transaction, Task<ITagHold>? holding, string[] tags, bool mayRollBack)
    {
        var isLeft = holding is not { IsCompletedSuccessfully: true } || holding.Result.Remaining > Reserve || !mayRollBack;
        if (!isLeft || (mayRollBack && random.Next(RollbackEvery) == 0))
        {
            await transaction.RollbackAsync();
            mine.RolledBack(isLeft ? CommitCounter.RolledBack : CommitCounter.Refused);
            if (holding is not null)
            {
                await (await holding).ReleaseAsync();
            }

            return;
        }

        mine.CommitSent();
        try
        {
            await transaction.CommitAsync();
        }
        catch (Exception)
        {
            // It may have happened, and it may still happen.
            commits.Count(role.Options.Slot, CommitCounter.Unknown);
            if (holding is not null)
            {
                (await holding).Abandon();
            }

            throw;
        }

        mine.CommitReturned();
        await Tell(mine, holding, tags);
    }

    private async Task Tell(SourceTransaction mine, Task<ITagHold>? holding, string[] tags)
    {
        var start = role.Time.GetTimestamp();
        if (holding is null)
        {
            await cache.UpdateTagsAsync(tags);
        }
        else if (!await (await holding).ReleaseAsync())
        {
            commits.Count(role.Options.Slot, CommitCounter.Lapsed);
        }

        mine.Told(start);
        role.State.Count(role.Options.Slot, Counter.Updates);
    }

    /// <summary>The transaction stays open as long as a nemesis wants it, and its hold allows.</summary>
    private async Task Dwell(ITagHold? hold)
    {
        commits.Set(writer, WriterCell.DoneAt, role.Time.GetTimestamp());
        using var timer = new PeriodicTimer(DwellLook, role.Time);
        while (commits.Of(writer, WriterCell.Dwell) > 0 && !(hold?.Remaining < Reserve) && !role.State.IsOver)
        {
            await timer.WaitForNextTickAsync();
        }
    }

    /// <summary>Through the cache, within the transaction, whose factory sees what is not committed: nothing of it may be stored, or given to anybody else.</summary>
    private async Task ReadOwn(RowsContext context, int row, long version)
    {
        var begun = reads.Begin(Surface.Writers, row);
        var text = await cache.GetOrCreateAsync(
            DatabaseLayout.KeyOf(row),
            async (made, _) =>
            {
                if (DatabaseLayout.IsLearntLate(row))
                {
                    made.Tag(DatabaseLayout.TagsOf(row));
                }

                return new Row(await context.VersionOf(row), role.Options.Slot, role.Time.GetTimestamp()).ToString();
            },
            DatabaseLayout.EntryOf(row));
        var seen = Row.Parse(text).Version;
        commits.Count(role.Options.Slot, CommitCounter.OwnReads);
        if (seen == version)
        {
            commits.Count(role.Options.Slot, CommitCounter.OwnReadsOfOwn);
        }
        else if (commits.StateOf(seen) is not (VersionState.Sent or VersionState.Committed))
        {
            // What another transaction has not committed.
            reads.Served(begun, Row.Parse(text));
        }
    }

    /// <summary>A few rows, or a whole group, or rows of its own. They are locked in the order of their numbers.</summary>
    private (int[] Rows, string[] Tags) AnyRows()
    {
        int[] rows = random.Next(10) switch
        {
            < 6 => [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => SharedRow()).Distinct().Order()],
            < 7 => DatabaseLayout.RowsOf(random.Next(DatabaseLayout.SharedGroups)),
            _ => [DatabaseLayout.OwnRowsOf(writer)[random.Next(DatabaseLayout.OwnRows)]],
        };
        return (rows, TagsOf(rows));
    }

    /// <summary>Low rows are changed often, high ones seldom.</summary>
    private int SharedRow() => (int)(DatabaseLayout.SharedRows * Math.Pow(random.NextDouble(), 2));

    private static string[] TagsOf(int[] rows) =>
        [.. rows.Select(DatabaseLayout.RowTagOf), .. rows.Select(DatabaseLayout.GroupOf).Distinct().Select(DatabaseLayout.GroupTagOf)];
}
