using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Updating;

namespace OrleansTagCache.Outbox;

/// <summary>
/// Updates the tags of rows that their own processes have not deleted, and deletes them afterwards: each at least once, the oldest first. Any number of processes may do so. A row is seen only when its transaction has
/// committed, so updating its tags is right at every moment after that, and right again a second time: claims only keep processes from doing the same work.
/// </summary>
/// <typeparam name="TContext">The context that maps the outbox.</typeparam>
/// <param name="scopes">Makes contexts.</param>
/// <param name="queue">What saves of this process tell.</param>
/// <param name="tagsOf">The cache of a context.</param>
/// <param name="options">How often it looks, and for how long it waits.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Where it tells of faults.</param>
internal sealed partial class OutboxDrainer<TContext>(
    IServiceScopeFactory scopes,
    OutboxQueue<TContext> queue,
    Func<DbContext, SavedTags> tagsOf,
    TagCacheOutboxOptions options,
    TimeProvider time,
    ILogger<OutboxDrainer<TContext>> log) : BackgroundService
    where TContext : DbContext
{
    /// <summary>How many rows are looked at, claimed and updated together.</summary>
    private const int RowsAtOnce = 100;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly OutboxClaims _claims = new(options, time);
    private TimeSpan _pause;

    /// <summary>One look: deletes what is done, and drains what is due.</summary>
    public async Task Drain(CancellationToken cancellationToken)
    {
        var scope = scopes.CreateAsyncScope();
        await using var _ = scope.ConfigureAwait(false);
        var context = await ContextOf(scope.ServiceProvider, cancellationToken).ConfigureAwait(false);
        await using var __ = context.ConfigureAwait(false);
        var tags = tagsOf(context);
        await DeleteDone(context, tags, cancellationToken).ConfigureAwait(false);
        while (await DrainSome(context, tags, cancellationToken).ConfigureAwait(false) == RowsAtOnce)
        {
            // There may be more.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await (_pause > TimeSpan.Zero ? Task.Delay(_pause, time, stoppingToken) : queue.Wait(options.Period, time, stoppingToken)).ConfigureAwait(false);
                await Drain(stoppingToken).ConfigureAwait(false);
                if (_pause > TimeSpan.Zero)
                {
                    LogDrained(log);
                }

                _pause = TimeSpan.Zero;
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                if (_pause == TimeSpan.Zero)
                {
                    LogNotDrained(log, exception);
                }

                _pause = _pause == TimeSpan.Zero ? TimeSpan.FromSeconds(1) : _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
            }
        }
    }

    private static async Task<DbContext> ContextOf(IServiceProvider services, CancellationToken cancellationToken) => services.GetService<IDbContextFactory<TContext>>() is { } factory
        ? await factory.CreateDbContextAsync(cancellationToken).ConfigureAwait(false)
        : services.GetRequiredService<TContext>();

    private async Task DeleteDone(DbContext context, SavedTags tags, CancellationToken cancellationToken)
    {
        var done = queue.TakeDone();
        try
        {
            foreach (var some in done.Chunk(RowsAtOnce))
            {
                tags.Metrics.OnRows(RowEvent.Released, await context.Set<TagCacheOutboxRow>().Where(row => some.Contains(row.Id)).ExecuteDeleteAsync(cancellationToken).ConfigureAwait(false));
            }
        }
        catch
        {
            Array.ForEach(done, queue.Done);
            throw;
        }
    }

    /// <summary>How many rows were drained.</summary>
    private async Task<int> DrainSome(DbContext context, SavedTags tags, CancellationToken cancellationToken)
    {
        var urgent = queue.AllUrgent().Take(RowsAtOnce).ToHashSet();
        var rows = await context.Set<TagCacheOutboxRow>().AsNoTracking().OrderBy(row => row.Id).Take(RowsAtOnce).ToListAsync(cancellationToken).ConfigureAwait(false);
        if (urgent.Except(rows.Select(row => row.Id)).ToArray() is { Length: > 0 } further)
        {
            rows.AddRange(await context.Set<TagCacheOutboxRow>().AsNoTracking().Where(row => further.Contains(row.Id)).ToListAsync(cancellationToken).ConfigureAwait(false));
        }

        queue.NotUrgent(urgent.Except(rows.Select(row => row.Id)));
        var claim = Guid.NewGuid();
        var claimed = await Claim(context, _claims.DueOf(rows, urgent), claim, cancellationToken).ConfigureAwait(false);
        if (claimed.Count == 0)
        {
            return 0;
        }

        try
        {
            await tags.Update(TagsOf(claimed), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // Another process may reach the cluster.
            await context.Set<TagCacheOutboxRow>().Where(row => row.Claim == claim).ExecuteUpdateAsync(row => row.SetProperty(one => one.Claim, (Guid?)null), CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        var drained = await context.Set<TagCacheOutboxRow>().Where(row => row.Claim == claim).ExecuteDeleteAsync(cancellationToken).ConfigureAwait(false);
        queue.NotUrgent(claimed.Select(row => row.Id));
        tags.Metrics.OnRows(RowEvent.Drained, drained);
        return claimed.Count;
    }

    /// <summary>The rows that no other process has claimed since they were looked at.</summary>
    private static async Task<List<TagCacheOutboxRow>> Claim(DbContext context, List<TagCacheOutboxRow> due, Guid claim, CancellationToken cancellationToken)
    {
        var claimed = 0;
        foreach (var (before, rows) in due.GroupBy(row => row.Claim).Select(group => (group.Key, group.Select(row => row.Id).ToArray())))
        {
            claimed += await context.Set<TagCacheOutboxRow>().Where(row => rows.Contains(row.Id) && row.Claim == before)
                .ExecuteUpdateAsync(row => row.SetProperty(one => one.Claim, claim), cancellationToken).ConfigureAwait(false);
        }

        return claimed == 0 ? []
            : claimed == due.Count ? due
            : await context.Set<TagCacheOutboxRow>().AsNoTracking().Where(row => row.Claim == claim).OrderBy(row => row.Id).ToListAsync(cancellationToken).ConfigureAwait(false);
    }

    private HashSet<string> TagsOf(List<TagCacheOutboxRow> rows)
    {
        var tags = rows.SelectMany(row => OutboxTable.FromText(row.Tags)).ToHashSet(StringComparer.Ordinal);
        if (tags.Count == 0 || tags.Any(tag => Names.NameRules.Fault("tag", tag, NameLimits.TagLength) is not null))
        {
            LogUnreadable(log);
            return ["*"];
        }

        return tags;
    }

    [LoggerMessage(11011, LogLevel.Warning, "The outbox could not be drained. It is tried again")]
    private static partial void LogNotDrained(ILogger log, Exception exception);

    [LoggerMessage(11012, LogLevel.Information, "The outbox is drained again")]
    private static partial void LogDrained(ILogger log);

    [LoggerMessage(11013, LogLevel.Error, "A row of the outbox holds something that is no tag; every entry of the namespace is updated")]
    private static partial void LogUnreadable(ILogger log);
}
