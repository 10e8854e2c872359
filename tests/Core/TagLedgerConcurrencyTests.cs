using OrleansTagCache.Coherence;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Core;

public sealed class TagLedgerConcurrencyTests
{
    // A reader ends even if its writer fails.
    private const int MaximumReads = 100_000_000;

    [Fact]
    public Task Expire_ByManyThreads_RefusesStampsBeforeAndAdmitsStampsAfter()
    {
        const int Threads = 4;
        const int Rounds = 5_000;
        var ledger = new TagLedger(16);
        var shared = Tag("shared");
        return Together(Threads + 1, thread =>
        {
            if (thread == Threads)
            {
                for (var i = 0; i < Rounds; i++)
                {
                    ledger.Forget(ledger.Stamp());
                }

                return;
            }

            var own = Tag($"own{thread}");
            for (var i = 0; i < Rounds; i++)
            {
                var update = new UpdateId(Guid.Empty, (i * Threads) + thread);
                var before = ledger.Stamp();
                var ownRecord = ledger.Attach([own]);
                var sharedRecord = ledger.Attach([shared]);

                var at = ledger.Expire(update, [own, shared]);

                var after = ledger.Stamp();
                Assert.True(before < at && at <= after);
                Assert.False(ledger.IsLive(ownRecord, before));
                Assert.False(ledger.IsLive(sharedRecord, before));
                Assert.False(ledger.IsLive([own, shared], before));
                Assert.True(ledger.IsLive(ownRecord, after));
                Assert.False(ledger.MayKeepCopy([own], after));

                ledger.Settle(update);
                Assert.True(ledger.MayKeepCopy([own], ledger.Stamp()));
                ledger.Detach(ownRecord);
                ledger.Detach(sharedRecord);
                Assert.False(ledger.IsLive([own], before));
            }
        });
    }

    [Fact]
    public Task Stamp_AsNewAsAnExpiry_FindsItsRecordsSet()
    {
        const int Rounds = 10_000;
        var ledger = new TagLedger(1_000);
        TagId[] tags = [.. Enumerable.Range(0, 64).Select(i => Tag($"t{i}"))];
        var records = ledger.Attach(tags);
        return Together(2, thread =>
        {
            if (thread == 0)
            {
                for (var i = 0; i < Rounds; i++)
                {
                    ledger.Expire(new(Guid.Empty, i), tags);
                }

                return;
            }

            // Every clock step is an expiry of all the tags, so no record may be older than a clock that was read before it.
            var last = records[^1];
            var stamp = Stamp.Zero;
            for (var reads = 0; stamp.Value < Rounds && reads < MaximumReads; reads++)
            {
                stamp = ledger.Stamp();
                if (stamp != Stamp.Zero && last.Admits(new(stamp.Value - 1)))
                {
                    Assert.Fail($"The clock showed {stamp} before the record was set.");
                }
            }
        });
    }

    [Fact]
    public Task Stamp_AsNewAsAnEpoch_FindsTheEpochSet()
    {
        const int Rounds = 2_000_000;
        var ledger = new TagLedger(8);
        return Together(2, thread =>
        {
            if (thread == 0)
            {
                for (var i = 0; i < Rounds; i++)
                {
                    ledger.ExpireEverything();
                }

                return;
            }

            var stamp = Stamp.Zero;
            for (var reads = 0; stamp.Value < Rounds && reads < MaximumReads; reads++)
            {
                stamp = ledger.Stamp();
                if (stamp != Stamp.Zero && ledger.IsSinceEpoch(new(stamp.Value - 1)))
                {
                    Assert.Fail($"The clock shows {stamp} before its epoch.");
                }
            }
        });
    }

    private static TagId Tag(string name) => TagId.OfTag(CacheNamespace.Default, name);

    /// <summary>Runs the threads from one starting line to their ends.</summary>
    private static async Task Together(int threads, Action<int> run)
    {
        using var start = new Barrier(threads);
        await Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                run(thread);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
    }
}
