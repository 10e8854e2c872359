using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using OrleansTagCache.Faults.Roles;
using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Database;

/// <summary>
/// One writer: transactions through EF Core that change rows of some tags and are committed or, one in five, rolled back. Their saves hold the tags of the rows, as the model says them; without holds the writer updates the same tags
/// when the commit has returned.
/// </summary>
internal sealed class SourceWriter(RoleContext role, CommitState commits, ITagCache cache, ReadRecorder reads, int writer, Random random) : IHoldObserver
{
    private const int RollbackEvery = 5;
    private const int OwnReadEvery = 3;

    /// <summary>
    /// So much of its hold a writer wants to have left before it commits. No nemesis freezes a writer for longer: one that was frozen past the end of its hold between its look and the commit is the window that
    /// holds do not close.
    /// </summary>
    private static readonly TimeSpan Reserve = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan DwellLook = TimeSpan.FromMilliseconds(20);

    private SourceTransaction? _current;
    private ITagHold? _hold;
    private TimeSpan? _length;
    private List<Task> _open = [];

    TimeSpan? IHoldObserver.Length => _length;

    private bool Holds => role.Options.Telling != Telling.Afterwards;

    public async Task Run()
    {
        var options = Options();
        while (!role.State.IsOver)
        {
            var start = role.Time.GetTimestamp();
            try
            {
                await Transact(options);
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

    void IHoldObserver.Held(ITagHold hold, long askedAt, Task ended)
    {
        _hold = hold;
        _open = [.. _open.Where(open => !open.IsCompleted), ended];
        if (_length is not null)
        {
            commits.Set(writer, WriterCell.AskedAt, askedAt);
            commits.Set(writer, WriterCell.HeldAt, role.Time.GetTimestamp());
        }
    }

    void IHoldObserver.Releasing() => _current?.CommitReturned();

    void IHoldObserver.Released(bool wasHeld)
    {
        if (!wasHeld && _current is { IsCommitted: true })
        {
            commits.Count(role.Options.Slot, CommitCounter.Lapsed);
        }
    }

    private DbContextOptions<RowsContext> Options()
    {
        var options = new DbContextOptionsBuilder<RowsContext>().UseNpgsql(Source.ConnectionOf(role));
        return Holds
            ? options.UseTagCache(HoldWitness.Around(cache, role, this), saves => saves.WithoutHold = WithoutHold.FailBeforeCommit).Options
            : options.Options;
    }

    private async Task Transact(DbContextOptions<RowsContext> options)
    {
        var (dies, dwells) = (commits.Of(writer, WriterCell.DieAfterCommit), commits.Of(writer, WriterCell.Dwell));
        var isAsked = dies > 0 || dwells > 0;
        if (isAsked)
        {
            // What is left of a transaction before would be held for longer than what is asked for: nobody waits for the release of one that was rolled back.
            await Task.WhenAll(_open);
        }

        var rows = isAsked ? DatabaseLayout.OwnRowsOf(writer) : AnyRows();
        (_hold, _length) = (null, isAsked ? TimeSpan.FromMilliseconds(Math.Max(dies, dwells)) : null);
        if (rows.Any(row => DatabaseLayout.GroupOf(row) == 0))
        {
            // The nemesis that kills the coordinator of a common tag waits for these.
            role.State.SetInFlight(writer, Layout.MaskOf([Layout.CommonTag]));
        }

        using var action = ServerAction.Begin();
        await using var context = new RowsContext(options);
        await using var transaction = await context.Database.BeginTransactionAsync();
        var stored = await context.Lock(rows);
        var mine = new SourceTransaction(role, commits, writer, rows, dies > 0);
        _current = mine;
        try
        {
            stored.ForEach(row => row.Version = mine.Version);
            await context.SaveChangesAsync();
            if (Holds && role.Options.OwnReads && random.Next(OwnReadEvery) == 0)
            {
                await ReadOwn(context, rows[random.Next(rows.Length)], mine.Version);
            }
        }
        catch (Exception)
        {
            await transaction.RollbackAsync();
            mine.RolledBack(CommitCounter.Refused);
            throw;
        }

        if (dwells > 0)
        {
            await Dwell();
        }

        await End(mine, transaction, rows, mayRollBack: !isAsked);
    }

    private async Task End(SourceTransaction mine, IDbContextTransaction transaction, int[] rows, bool mayRollBack)
    {
        var isLeft = !mayRollBack || _hold is null || _hold.Remaining > Reserve;
        if (!isLeft || (mayRollBack && random.Next(RollbackEvery) == 0))
        {
            await transaction.RollbackAsync();
            mine.RolledBack(isLeft ? CommitCounter.RolledBack : CommitCounter.Refused);
            return;
        }

        var start = role.Time.GetTimestamp();
        mine.CommitSent();
        try
        {
            await transaction.CommitAsync();
        }
        catch (Exception) when (!mine.IsCommitted)
        {
            // It may have happened, and it may still happen.
            mine.IsUnknown = true;
            commits.Count(role.Options.Slot, CommitCounter.Unknown);
            throw;
        }

        mine.CommitReturned();
        if (!Holds)
        {
            await cache.UpdateTagsAsync(DatabaseLayout.ChangedTagsOf(rows));
        }

        mine.Told(start);
        role.State.Count(role.Options.Slot, Counter.Updates);
    }

    /// <summary>The transaction stays open as long as a nemesis wants it, and its hold allows.</summary>
    private async Task Dwell()
    {
        commits.Set(writer, WriterCell.DoneAt, role.Time.GetTimestamp());
        using var timer = new PeriodicTimer(DwellLook, role.Time);
        while (commits.Of(writer, WriterCell.Dwell) > 0 && !(_hold?.Remaining < Reserve) && !role.State.IsOver)
        {
            await timer.WaitForNextTickAsync();
        }
    }

    /// <summary>Through the cache, within the transaction, whose factory sees what is not committed: nothing of it may be stored, or given to anybody else.</summary>
    private async Task ReadOwn(RowsContext context, int row, long own)
    {
        var begun = reads.Begin(Surface.Writers, row);
        var text = await cache.GetOrCreateAsync(
            DatabaseLayout.KeyOf(row),
            async (made, token) =>
            {
                if (DatabaseLayout.IsLearntLate(row))
                {
                    made.Tag(DatabaseLayout.TagsOf(row));
                }

                var version = await context.Rows.AsNoTracking().Where(stored => stored.Id == row).Select(stored => stored.Version).SingleAsync(token);
                return new Row(version, role.Options.Slot, role.Time.GetTimestamp()).ToString();
            },
            DatabaseLayout.EntryOf(row));
        var seen = Row.Parse(text);
        commits.Count(role.Options.Slot, CommitCounter.OwnReads);
        if (seen.Version != own && commits.StateOf(seen.Version) is not (VersionState.Sent or VersionState.Committed))
        {
            // What another transaction has not committed.
            reads.Served(begun, seen);
        }
    }

    /// <summary>A few rows, or a whole group, or a row of its own. They are locked in the order of their numbers.</summary>
    private int[] AnyRows() => random.Next(10) switch
    {
        < 6 => [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => SharedRow()).Distinct().Order()],
        < 7 => DatabaseLayout.RowsOf(random.Next(DatabaseLayout.SharedGroups)),
        _ => [DatabaseLayout.OwnRowsOf(writer)[random.Next(DatabaseLayout.OwnRows)]],
    };

    /// <summary>Low rows are changed often, high ones seldom.</summary>
    private int SharedRow() => (int)(DatabaseLayout.SharedRows * Math.Pow(random.NextDouble(), 2));
}
