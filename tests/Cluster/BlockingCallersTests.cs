using System.Diagnostics.CodeAnalysis;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>Callers whose context has one thread, and who block it on a call: nothing of the call needs that thread.</summary>
[Collection(ClusterCollection.Name)]
public sealed class BlockingCallersTests(TagCacheCluster cluster)
{
    private static readonly CacheEntryOptions Far = new() { NearCache = NearCacheMode.Off, Tags = ["blocking"] };

    [Theory]
    [InlineData("a scheduler of one thread")]
    [InlineData("a context of one thread")]
    public async Task EveryCall_BlockedOn_Ends(string where)
    {
        foreach (var (name, cache) in cluster.Everyone.Select((cache, i) => ($"blocking:{where}:{i}", cache)))
        {
            var run = 0;
            Task<int> Read() => cache.GetOrCreateAsync(name, async (_, token) =>
            {
                await Task.Run(static () => { }, token);
                return ++run;
            }, Far).AsTask();

            await Blocking(where, async () => Assert.Equal(1, await Read().ConfigureAwait(false)));
            await Blocking(where, async () => Assert.Equal(1, await Read().ConfigureAwait(false)));
            await Blocking(where, async () => Assert.Equal(1, (await cache.TryGetAsync<int>(name).ConfigureAwait(false)).Value));
            await Blocking(where, () => cache.RevalidateTagAsync("blocking", CacheLife.Max).AsTask());
            await Blocking(where, async () => Assert.Equal(2, await Read().ConfigureAwait(false)));
            await Blocking(where, () => cache.RevalidateTagAsync("blocking").AsTask());
            await Blocking(where, async () => Assert.Equal(3, await Read().ConfigureAwait(false)));
            await Blocking(where, () => cache.SetAsync(name, 7, Far).AsTask());
            await Blocking(where, () => cache.RemoveAsync(name).AsTask());
        }
    }

    /// <summary>Also without a task of its own to block on.</summary>
    [Fact]
    [SuppressMessage("Reliability", "CA2012:Use ValueTasks correctly", Justification = "It is what such callers do.")]
    public async Task Read_BlockedOnAsItIs_Ends()
    {
        foreach (var (name, cache) in cluster.Everyone.Select((cache, i) => ($"blocking:as it is:{i}", cache)))
        {
            await Blocking("a scheduler of one thread", () =>
            {
                Assert.Equal(3, cache.GetOrCreateAsync(name, static async (_, token) => await Task.Run(static () => 3, token), Far).GetAwaiter().GetResult());
                Assert.Equal(3, cache.GetOrCreateAsync(name, static async (_, token) => await Task.Run(static () => 4, token), Far).GetAwaiter().GetResult());
                return Task.CompletedTask;
            });
        }
    }

    /// <summary>Makes a call in a context whose only thread waits for it.</summary>
    private static Task Blocking(string where, Func<Task> call) => (where == "a context of one thread"
        ? Task.Run(() =>
        {
            var before = SynchronizationContext.Current;
            SynchronizationContext.SetSynchronizationContext(new BlockedContext());
            try
            {
                call().GetAwaiter().GetResult();
            }
            finally
            {
                SynchronizationContext.SetSynchronizationContext(before);
            }
        })
        : Task.Factory.StartNew(
            () => call().GetAwaiter().GetResult(), CancellationToken.None, TaskCreationOptions.None, new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler))
        .Within(TimeSpan.FromSeconds(20), "a call that blocks its context");

    /// <summary>Whatever is posted to it waits for a thread that waits.</summary>
    private sealed class BlockedContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }
    }
}
