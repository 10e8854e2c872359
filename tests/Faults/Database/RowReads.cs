using OrleansTagCache.Faults.Roles;
using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Database;

/// <summary>Reads rows through the cache again and again, and has each read judged.</summary>
internal sealed class RowReads(RoleContext role, Source source, ITagCache cache, ReadRecorder reads)
{
    /// <summary>One read of an entry in so many only looks.</summary>
    private const int LookEvery = 20;

    /// <param name="surface">What is read.</param>
    /// <param name="pace">The time from one burst to the next.</param>
    /// <param name="burst">How many reads follow each other at once.</param>
    /// <param name="random">Which rows.</param>
    /// <param name="read">One read.</param>
    public async Task Loop(Surface surface, TimeSpan pace, int burst, Random random, Func<int, Random, ValueTask<string?>> read)
    {
        using var timer = new PeriodicTimer(pace, role.Time);
        while (!role.State.IsOver)
        {
            for (var i = 0; i < burst; i++)
            {
                await ReadOnce(surface, DatabaseLayout.AnyRow(random), random, read);
            }

            await timer.WaitForNextTickAsync();
        }
    }

    /// <summary>By the cache itself.</summary>
    public async ValueTask<string?> ReadEntry(int row, Random random) => random.Next(LookEvery) == 0
        ? (await cache.TryGetAsync<string>(DatabaseLayout.KeyOf(row))).ValueOrDefault
        : await cache.GetOrCreateAsync(
            DatabaseLayout.KeyOf(row),
            (source, row, random),
            static (make, context, token) => make.source.Make(make.row, make.random, context, token),
            DatabaseLayout.EntryOf(row));

    private async Task ReadOnce(Surface surface, int row, Random random, Func<int, Random, ValueTask<string?>> read)
    {
        var begun = reads.Begin(surface, row);
        try
        {
            if (await read(row, random) is { } text)
            {
                reads.Served(begun, Row.Parse(text));
            }
        }
        catch (Exception exception)
        {
            reads.Failed(begun, Counter.Failed);
            Console.WriteLine($"A read through {Surfaces.NameOf(surface)} failed: {exception.GetType().Name}: {exception.Message}");
        }
    }
}
