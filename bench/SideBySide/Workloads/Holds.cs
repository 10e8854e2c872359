using Microsoft.EntityFrameworkCore;
using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Measuring;
using OrleansTagCache.Bench.SideBySide.Peers;
using OrleansTagCache.Bench.SideBySide.Reporting;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>What a hold costs beside an update.</summary>
internal sealed class Holds : IWorkload
{
    private const int Silos = 3;
    private const int Entries = 40;

    public string Name => "w19";

    public async Task<Findings> Run(Extent extent)
    {
        var rounds = extent > Extent.Short ? 1_000 : 50;
        await using var cluster = await RedisCluster.Start(Silos);
        await using var writer = await Ours.Connect(cluster.Redis, options => options.NearCache = NearCacheMode.Off);
        await using var reader = await Ours.Connect(cluster.Redis);
        var entries = new EntrySet<byte[]>("held", Entries, reader.Entries, Document.MakeBytes);
        var (update, hold, release, both) = (new Latencies(), new Latencies(), new Latencies(), new Latencies());
        var (updates, holds) = (TimeSpan.Zero, TimeSpan.Zero);
        for (var i = -rounds / 10; i < rounds; i++)
        {
            await entries.Fill();
            var (busy, begun) = (cluster.ProcessorTimes().Silos, TimeProvider.System.GetTimestamp());
            await writer.Invalidate(entries.Tag);
            var updated = TimeProvider.System.GetTimestamp();
            var afterUpdate = cluster.ProcessorTimes().Silos;

            await entries.Fill();
            var (busyAgain, asked) = (cluster.ProcessorTimes().Silos, TimeProvider.System.GetTimestamp());
            var held = await Hold(writer.Cache, entries.Tag);
            var had = TimeProvider.System.GetTimestamp();
            var wasHeld = await held.ReleaseAsync();
            var released = TimeProvider.System.GetTimestamp();
            if (!wasHeld)
            {
                throw new InvalidOperationException("A hold lapsed.");
            }

            if (i >= 0)
            {
                update.Record(updated - begun);
                hold.Record(had - asked);
                release.Record(released - had);
                both.Record(released - asked);
                (updates, holds) = (updates + (afterUpdate - busy), holds + (cluster.ProcessorTimes().Silos - busyAgain));
            }
        }

        var table = new Table("A change", "", "p50, us", "p99, us", "silos' processor, us");
        Add("an update", update, updates);
        Add("a hold is taken", hold, null);
        Add("it is released", release, null);
        Add("both", both, holds);
        return new(
            "W19: a hold beside an update",
            $"{Silos} silos on Redis. A client keeps {Entries} entries with one tag near, which are read again before each change. Another client, which keeps nothing, updates the tag, then holds and releases it, {rounds:N0} times in turn.")
        {
            Tables = { table, await Transactions(cluster, writer, rounds) },
            Targets = { Target.AtMost(1.5, "a hold and its release, p50, to an update", Samples.One(both.Nanoseconds(50) / update.Nanoseconds(50))) },
        };

        void Add(string what, Latencies took, TimeSpan? processor) => table.Add(
            what, Samples.One(took.Nanoseconds(50) / 1e3), Samples.One(took.Nanoseconds(99) / 1e3), processor is { } time ? Samples.One(time.TotalMicroseconds / rounds) : "-");
    }

    /// <summary>One row is changed in a transaction: nothing else, its tag updated after the commit, and its tag held.</summary>
    private static async Task<Table> Transactions(RedisCluster cluster, Ours writer, int rounds)
    {
        await using var database = await PostgreSql.Start();
        var plain = new DbContextOptionsBuilder<PricedProducts>().UseNpgsql(database.ConnectionString).Options;
        var holding = new DbContextOptionsBuilder<PricedProducts>().UseNpgsql(database.ConnectionString).UseTagCache(writer.Cache).Options;
        await using (var context = new PricedProducts(plain))
        {
            await context.Database.EnsureCreatedAsync();
            context.Add(new PricedProduct { Id = 1 });
            await context.SaveChangesAsync();
        }

        var table = new Table("A transaction of EF Core on PostgreSQL that changes one row", "", "p50, us", "p99, us", "silos' processor, us");
        var (alone, updating, held) = (new Latencies(), new Latencies(), new Latencies());
        var busy = new TimeSpan[3];
        for (var i = -rounds / 10; i < rounds; i++)
        {
            await Measure(0, alone, () => Change(plain));
            await Measure(1, updating, async () =>
            {
                await Change(plain);
                await writer.Invalidate("product-1");
            });
            await Measure(2, held, () => Change(holding));

            async Task Measure(int which, Latencies took, Func<Task> change)
            {
                var (before, begun) = (cluster.ProcessorTimes().Silos, TimeProvider.System.GetTimestamp());
                await change();
                if (i >= 0)
                {
                    took.Record(TimeProvider.System.GetTimestamp() - begun);
                    busy[which] += cluster.ProcessorTimes().Silos - before;
                }
            }
        }

        Add("nothing is cached", alone, 0);
        Add("an update follows the commit", updating, 1);
        Add("the tag is held", held, 2);
        return table;

        void Add(string what, Latencies took, int which) =>
            table.Add(what, Samples.One(took.Nanoseconds(50) / 1e3), Samples.One(took.Nanoseconds(99) / 1e3), Samples.One(busy[which].TotalMicroseconds / rounds));
    }

    private static async Task Change(DbContextOptions<PricedProducts> options)
    {
        await using var context = new PricedProducts(options);
        await using var transaction = await context.Database.BeginTransactionAsync();
        var product = await context.Products.SingleAsync();
        product.Cents++;
        await context.SaveChangesAsync();
        await transaction.CommitAsync();
    }

    private static async Task<ITagHold> Hold(ITagCache cache, string tag)
    {
        using var action = ServerAction.Begin();
        return await cache.HoldAsync([tag]);
    }
}
