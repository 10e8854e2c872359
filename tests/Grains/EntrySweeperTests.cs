using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Ownership;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>What becomes of slots and values that are of no use any more.</summary>
public sealed class EntrySweeperTests
{
    private static readonly TimeSpan GenerationLease = new TagCacheOptions().GenerationLease;

    [Fact]
    public async Task Slot_WhoseTokenNeverComesBack_IsLetGoAfterItsLeaseAndNotHeldOnTo()
    {
        using var silo = await EntrySilo.Serve();
        using var sweeper = Sweeper(silo);
        var slot = await BeginGeneration(silo);
        var begun = silo.Time.Now();
        Assert.Equal((0, 1), (silo.Table.Count, silo.Table.SlotCount));

        sweeper.Start();
        await Waits.Advance(silo.Time, TimeSpan.FromMilliseconds(10), () => silo.Table.SlotCount == 0);
        await sweeper.Stop();

        Assert.True(silo.Time.Now() - begun >= GenerationLease);
        GC.Collect();
        Assert.False(slot.TryGetTarget(out _));
    }

    /// <summary>Tokens that have ended must not crowd out one that is out.</summary>
    [Fact]
    public async Task Slot_WhoseTokenIsOut_OutlastsAHundredThousandThatHaveEnded()
    {
        // The clock runs far while so many are looked at.
        using var silo = await EntrySilo.Serve(generationLease: TimeSpan.FromHours(12));
        using var sweeper = Sweeper(silo);
        var read = new AcquireRequest(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero);
        var token = silo.Store.Ask(EntrySilo.Scope("slow"), read).Token;
        for (var i = 0; i < 110_000; i++)
        {
            var key = EntrySilo.Scope($"quick:{i}");
            Assert.True(silo.Store.Abandon(key, silo.Store.Ask(key, read).Token, isForStoring: true));
        }

        sweeper.Start();
        await Waits.Advance(silo.Time, TimeSpan.FromMilliseconds(10), () => silo.Table.WatchedCount <= 1);
        await sweeper.Stop();

        Assert.Equal(CommitStatus.Stored, silo.Store.Commit(EntrySilo.Scope("slow"), token, EntrySilo.Data(), sessions: null).Status);
    }

    /// <summary>A host that fails to start disposes of what it has begun, and stops none of it: nothing may go on, and fill the log with what it misses.</summary>
    [Fact]
    public async Task Sweeper_ThatIsDisposedOfWithoutBeingStopped_Ends_AndSaysNothing()
    {
        using var log = new CapturedLog();
        using var logs = LoggerFactory.Create(logging => logging.AddProvider(log));
        using var silo = await EntrySilo.Serve();
        var sweeper = Sweeper(silo, logger: logs.CreateLogger<EntrySweeper>());
        sweeper.Start();

        sweeper.Dispose();
        silo.Time.Advance(TimeSpan.FromMinutes(1));

        await sweeper.Stop().Within(TimeSpan.FromMinutes(1), "the sweeper's loop");
        Assert.Empty(log.Errors);
    }

    [Fact]
    public async Task Slot_WhoseGenerationWasGivenBack_IsGoneAtOnce()
    {
        using var silo = await EntrySilo.Serve();
        var token = (await silo.Entry("given back").Acquire(new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero))).Token;
        Assert.Equal(1, silo.Table.SlotCount);

        Assert.True(await silo.Entry("given back").Abandon(token));

        Assert.Equal(0, silo.Table.SlotCount);
    }

    [Fact]
    public async Task Read_ThatMakesNothing_LeavesNoSlot()
    {
        using var silo = await EntrySilo.Serve();

        Assert.Equal(AcquireStatus.Miss, (await silo.Entry("none").Acquire(new(MayGenerate: false, FreshOnly: false, Wait: TimeSpan.Zero))).Status);
        Assert.Null(await silo.Entry("none").Describe());
        Assert.True((await silo.Entry("none").Remove()).IsComplete);

        Assert.Equal(0, silo.Table.SlotCount);
    }

    /// <summary>No caller asks for such an entry here any more: its memory is another silo's to use.</summary>
    [Fact]
    public async Task Value_WhoseEntryBelongsToASiloThatCame_IsLetGo_AndNoOther()
    {
        using var silo = await EntrySilo.Serve();
        using var sweeper = Sweeper(silo);
        string[] keys = [.. Enumerable.Range(0, 50).Select(i => $"moved:{i}")];
        foreach (var key in keys)
        {
            await silo.Generate(key, EntrySilo.Data());
        }

        sweeper.Start();
        silo.Cluster.Is((FakeCluster.Self, SiloStatus.Active, true), (FakeCluster.Silo(2), SiloStatus.Active, true));
        await Waits.Advance(
            silo.Time, TimeSpan.FromMilliseconds(10), () => Array.TrueForAll(keys, key => silo.Stored(key) is null == silo.Cluster.Owners.IsAstray(EntrySilo.Scope(key))));
        await sweeper.Stop();
        Assert.InRange(silo.Table.Count, 1, keys.Length - 1);
        Assert.Equal(silo.Table.Count, silo.Table.SlotCount);
    }

    [Fact]
    public async Task Swept_OnceItIsQuiet_IsToldToTheOwnerOfTheProcess()
    {
        var freed = new Freed();
        using var silo = await EntrySilo.Serve();
        using var sweeper = Sweeper(silo, freed);
        await silo.Generate("freed", EntrySilo.Data("t"));
        var bytes = silo.Stored("freed")!.Bytes;

        sweeper.Start();
        Assert.True((await silo.Update("t")).IsComplete);
        await Waits.Advance(silo.Time, TimeSpan.FromMilliseconds(10), () => freed.Told > 0);
        await sweeper.Stop();

        Assert.Equal(bytes, freed.Told);
    }

    /// <summary>An idle silo leaves the processor to those that work; what comes is seen at the end of a pause.</summary>
    [Fact]
    public async Task Rounds_ThatFindNothing_AreFartherAndFartherApart_UntilThereIsSomething()
    {
        using var silo = await EntrySilo.Serve();
        var pauses = new Pauses(silo.Time);
        using var sweeper = Sweeper(silo, time: pauses);

        sweeper.Start();
        await Waits.Advance(silo.Time, TimeSpan.FromMilliseconds(10), () => pauses.All.Count >= 8);
        Assert.True((await silo.Update("t")).IsComplete);
        var idle = pauses.All.ToArray();
        await Waits.Advance(silo.Time, TimeSpan.FromMilliseconds(10), () => pauses.All.Skip(idle.Length).Any(pause => pause < idle[^1]));
        await sweeper.Stop();

        // The first pause, and those of the first round, which sweeps.
        Assert.Equal([20, 3, 20, 250, 500, 1_000, 2_000, 2_000], idle[..8].Select(pause => pause.TotalMilliseconds));
    }

    /// <summary>What is remembered for readers stays for as long as a value is older: else the floor would refuse it to all who name a tag that nobody updated.</summary>
    [Fact]
    public async Task RememberedTag_StaysWhileAValueIsOlder_AndGoesWithTheLast()
    {
        using var silo = await EntrySilo.Serve();
        using var sweeper = Sweeper(silo);
        await silo.Generate("old", EntrySilo.Data("own"));
        await Remember(silo, "page");
        await silo.Generate("young", EntrySilo.Data());
        await Remember(silo, "later");
        sweeper.Start();

        // Longer than any generation may run, and with passes for updates and for age.
        await Waits.Advance(silo.Time, TimeSpan.FromMilliseconds(100), Passed(silo, GenerationLease * 2));
        Assert.Equal(2, silo.Silo.Ledger.Remembered);
        Assert.Equal((AcquireStatus.Fresh, AcquireStatus.Miss), (Asked("old", "other").Status, Asked("old", "page").Status));

        await silo.Update("own");
        await Waits.Advance(silo.Time, TimeSpan.FromMilliseconds(100), () => silo.Silo.Ledger.Remembered == 1);
        Assert.Equal((AcquireStatus.Fresh, AcquireStatus.Fresh, AcquireStatus.Miss), (Asked("young", "other").Status, Asked("young", "page").Status, Asked("young", "later").Status));

        await silo.Entry("young").Remove();
        await Waits.Advance(silo.Time, TimeSpan.FromMilliseconds(100), () => silo.Silo.Ledger.Remembered == 0);
        await sweeper.Stop();

        Acquired Asked(string key, string softTag) => silo.Store.Ask(EntrySilo.Scope(key), new(MayGenerate: false, FreshOnly: false, TimeSpan.Zero, SoftTags: [softTag]));
    }

    private static async Task Remember(EntrySilo silo, string tag) =>
        Assert.True((await silo.Silo.Invalidator.Begin(new([InvalidatorHost.Tag(tag)], StaleFor: null, Remember: true)).Completion.Soon()).IsComplete);

    private static Func<bool> Passed(EntrySilo silo, TimeSpan time)
    {
        var until = silo.Time.Now() + time;
        return () => silo.Time.Now() >= until;
    }

    private static EntrySweeper Sweeper(EntrySilo silo, IFreedMemory? freed = null, TimeProvider? time = null, Func<Rendezvous, bool>? haveLeft = null, ILogger<EntrySweeper>? logger = null) =>
        new(silo.Store, silo.Table, silo.Silo.Ledger, silo.Cluster.Owners, time ?? silo.Time, silo.Host.GenerationLease, logger ?? NullLogger<EntrySweeper>.Instance, haveLeft ?? (static _ => true), freed);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference<EntrySlot>> BeginGeneration(EntrySilo silo)
    {
        Assert.False((await silo.Entry("empty").Acquire(new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero))).Token.IsNone);
        return new(silo.Table.Find(EntrySilo.Scope("empty"))!);
    }

    /// <summary>Notes how long each pause is that is asked of the clock.</summary>
    private sealed class Pauses(TimeProvider time) : TimeProvider
    {
        public ConcurrentQueue<TimeSpan> All { get; } = [];

        public override long TimestampFrequency => time.TimestampFrequency;

        public override long GetTimestamp() => time.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            All.Enqueue(dueTime);
            return time.CreateTimer(callback, state, dueTime, period);
        }
    }

    private sealed class Freed : IFreedMemory
    {
        private long _told;

        public long Told => Interlocked.Read(ref _told);

        public bool TryTake(long bytes, TimeSpan quiet)
        {
            Interlocked.CompareExchange(ref _told, bytes, 0);
            return bytes > 0;
        }
    }
}
