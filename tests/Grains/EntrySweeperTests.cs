using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Coherence;
using OrleansTagCache.Entries;
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
        await Cluster.TagCacheCluster.Until(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(10));
            return sentAway.Task.IsCompleted;
        });
        await sweeper.Stop();

        GC.Collect();
        Assert.False(entry.TryGetTarget(out _));
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
            SentAway!.SetResult();
            return null;
        }
    }
}
