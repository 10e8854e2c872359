using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>What becomes of an activation that stands empty.</summary>
public sealed class EntrySweeperTests
{
    [Fact]
    public async Task EmptyActivation_IsSentAwayAndNotHeldOnTo()
    {
        var time = new FakeTimeProvider();
        var ledger = new TagLedger(1_000);
        var table = new EntryTable(ledger, new DependentsIndex(), maximumBytes: 1 << 20, maximumEntries: null);
        using var sweeper = new EntrySweeper(table, ledger, new FakeCluster().Owners, time, TimeSpan.FromSeconds(30), NullLogger<EntrySweeper>.Instance);
        var sentAway = new TaskCompletionSource();
        var entry = Register(table, sentAway);

        sweeper.Start();
        await Waits.Advance(time, TimeSpan.FromMilliseconds(10), () => sentAway.Task.IsCompleted);
        await sweeper.Stop();

        GC.Collect();
        Assert.False(entry.TryGetTarget(out _));
    }

    /// <summary>Nobody asks for such an entry here any more: its memory is another silo's to use.</summary>
    [Fact]
    public async Task Value_WhoseEntryBelongsToASiloThatCame_IsLetGo_AndNoOther()
    {
        var time = new FakeTimeProvider();
        var ledger = new TagLedger(1_000);
        var table = new EntryTable(ledger, new DependentsIndex(), maximumBytes: 1 << 20, maximumEntries: null);
        var cluster = new FakeCluster();
        cluster.Is((FakeCluster.Self, SiloStatus.Active, true));
        using var sweeper = new EntrySweeper(table, ledger, cluster.Owners, time, TimeSpan.FromSeconds(30), NullLogger<EntrySweeper>.Instance);
        var entries = Enumerable.Range(0, 50).Select(i => Stored($"7:default{i}", table, ledger, time)).ToList();

        sweeper.Start();
        cluster.Is((FakeCluster.Self, SiloStatus.Active, true), (FakeCluster.Silo(2), SiloStatus.Active, true));
        await Waits.Advance(time, TimeSpan.FromMilliseconds(10), () => entries.TrueForAll(entry => entry.Value is null == cluster.Owners.IsAstray(entry.ScopedKey)));
        await sweeper.Stop();
        Assert.InRange(table.Count, 1, entries.Count - 1);
    }

    [Fact]
    public async Task Swept_OnceItIsQuiet_IsToldToWhoOwnsTheProcess()
    {
        var time = new FakeTimeProvider();
        var ledger = new TagLedger(1_000);
        var table = new EntryTable(ledger, new DependentsIndex(), maximumBytes: 1 << 20, maximumEntries: null);
        var freed = new Freed();
        using var sweeper = new EntrySweeper(
            table, ledger, new FakeCluster().Owners, time, TimeSpan.FromSeconds(30), NullLogger<EntrySweeper>.Instance, freed);
        var entry = Stored("7:defaultfreed", table, ledger, time);
        var bytes = entry.Value!.Bytes;

        sweeper.Start();
        ledger.Expire([TagId.OfKey(entry.ScopedKey)]);
        await Waits.Advance(time, TimeSpan.FromMilliseconds(10), () => freed.Told > 0);
        await sweeper.Stop();

        Assert.Equal(bytes, freed.Told);
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

    private static LocalEntry Stored(string scopedKey, EntryTable table, TagLedger ledger, TimeProvider time)
    {
        var entry = new LocalEntry(scopedKey, DispatchProxy.Create<IGrainContext, Activation>());
        table.Register(entry);
        var data = new EntryData(new([1], null), [], CopiedTags: null, CacheLife.Max);
        table.Store(entry, new(data, ledger.Stamp(), time.Now(), ledger.Hold(TagId.OfEntry(scopedKey, []))));
        return entry;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference<LocalEntry> Register(EntryTable table, TaskCompletionSource sentAway)
    {
        var context = DispatchProxy.Create<IGrainContext, Activation>();
        ((Activation)context).SentAway = sentAway;
        var entry = new LocalEntry("default:empty", context);
        table.Register(entry);
        return new(entry);
    }

    /// <summary>An activation that can be sent away, and nothing else.</summary>
#pragma warning disable CA1852 // The proxy derives from it.
    internal class Activation : DispatchProxy
#pragma warning restore CA1852
    {
        public TaskCompletionSource? SentAway { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            Assert.Equal(nameof(IGrainContext.Deactivate), targetMethod!.Name);
            SentAway?.TrySetResult();
            return null;
        }
    }
}
