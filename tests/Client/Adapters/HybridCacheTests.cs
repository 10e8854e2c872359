using System.ComponentModel;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Near;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>HybridCache as its abstraction documents it, and strict where Microsoft's implementation is not.</summary>
[Collection(AdapterCollection.Name)]
public sealed class HybridCacheTests(AdapterCluster cluster)
{
    /// <summary>Shorter than <see cref="TagCacheClientOptions.WaitTimeout"/>.</summary>
    private static readonly TimeSpan LessThanReadersWait = TimeSpan.FromSeconds(8);

    private readonly HybridCache[] _nodes = [.. cluster.Nodes.Select(CacheOn)];

    private HybridCache Node => _nodes[0];

    [Fact]
    public async Task GetOrCreate_OnEveryNodeAtATime_RunsOneFactory()
    {
        var runs = 0;
        var values = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => _nodes[i % _nodes.Length].GetOrCreateAsync(
            "hybrid:stampede",
            async token =>
            {
                var run = Interlocked.Increment(ref runs);
                await Task.Yield();
                return run;
            }).AsTask()));
        Assert.All(values, value => Assert.Equal(1, value));
        Assert.Equal(1, runs);
    }

    [Theory]
    [InlineData("tag")]
    [InlineData("tags")]
    [InlineData("everything")]
    [InlineData("key")]
    [InlineData("keys")]
    [InlineData("set")]
    public async Task Removal_OnOneNode_IsSeenByTheNextReadOfAnyNode(string what)
    {
        for (var round = 0; round < _nodes.Length; round++)
        {
            var (key, tag) = ($"hybrid:removal:{what}", $"hybrid removal {what}");
            foreach (var node in _nodes)
            {
                await Read(node, key, "old", tag);
            }

            await (what switch
            {
                "tag" => _nodes[round].RemoveByTagAsync(tag),
                "tags" => _nodes[round].RemoveByTagAsync(["another", tag]),
                "everything" => _nodes[round].RemoveByTagAsync("*"),
                "key" => _nodes[round].RemoveAsync(key),
                "keys" => _nodes[round].RemoveAsync(["another", key]),
                _ => _nodes[round].SetAsync(key, "new", tags: [tag]),
            });
            Assert.All(await Task.WhenAll(_nodes.Select(node => Read(node, key, "new", tag))), value => Assert.Equal("new", value));
            await Node.RemoveAsync(key);
        }
    }

    /// <summary>HybridCache itself has no such call: whoever makes it has the cluster's cache.</summary>
    [Fact]
    public async Task UpdateOfAllOfSeveralTags_OnOneNode_IsSeenByTheNextReadOfAnyNode()
    {
        string[] both = ["hybrid all a", "hybrid all b"];
        foreach (var (updater, round) in cluster.Nodes.Select((node, i) => (node.GetRequiredService<ITagCache>(), i)))
        {
            // Twice: the second time it is kept near.
            foreach (var node in _nodes.Concat(_nodes))
            {
                Assert.Equal("old", await Read(node, $"hybrid:all:{round}", "old", both));
                Assert.Equal("old", await Read(node, $"hybrid:some:{round}", "old", both[0]));
            }

            using (ServerAction.Begin())
            {
                await updater.UpdateTagsAsync(both, TagMatch.All);
            }

            Assert.All(await Task.WhenAll(_nodes.Select(node => Read(node, $"hybrid:all:{round}", "new", both))), value => Assert.Equal("new", value));
            Assert.All(await Task.WhenAll(_nodes.Select(node => Read(node, $"hybrid:some:{round}", "new", both[0]))), value => Assert.Equal("old", value));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RemoveByTag_WhileAFactoryRuns_LeavesItsValueToItsOwnCaller(bool withContext)
    {
        var key = $"hybrid:in flight:{withContext}";
        var (begun, mayEnd) = (new TaskCompletionSource(), new TaskCompletionSource());
        async ValueTask<string> Make()
        {
            begun.SetResult();
            await mayEnd.Task.Soon();
            return "old";
        }

        var reading = withContext
            ? _nodes[1].GetOrCreateAsync(key, (_, token) => Make(), tags: ["hybrid in flight"])
            : _nodes[1].GetOrCreateAsync(key, _ => Make(), tags: ["hybrid in flight"]);
        await begun.Task.Soon();
        await Node.RemoveByTagAsync("hybrid in flight");
        var next = Read(_nodes[2], key, "new", "hybrid in flight");
        mayEnd.SetResult();
        Assert.Equal("old", await reading);
        Assert.Equal("new", await next);
        Assert.All(await Task.WhenAll(_nodes.Select(node => Read(node, key, "newer", "hybrid in flight"))), value => Assert.Equal("new", value));
    }

    [Fact]
    public async Task DisableUnderlyingData_OnlyLooks()
    {
        var look = new HybridCacheEntryOptions { Flags = HybridCacheEntryFlags.DisableUnderlyingData };
        Assert.Equal(0, await Node.GetOrCreateAsync<int>("hybrid:look", _ => throw new InvalidOperationException("It must not run."), look));
        await Node.SetAsync("hybrid:look", 5);
        Assert.Equal(5, await _nodes[1].GetOrCreateAsync<int>("hybrid:look", _ => throw new InvalidOperationException("It must not run."), look));
    }

    [Fact]
    public async Task DisableRead_MakesItAnew_AndStoresItForAll()
    {
        await Node.SetAsync("hybrid:refill", 1);
        var made = await Node.GetOrCreateAsync(
            "hybrid:refill",
            _ => ValueTask.FromResult(2),
            new() { Flags = HybridCacheEntryFlags.DisableLocalCacheRead | HybridCacheEntryFlags.DisableDistributedCacheRead });
        Assert.Equal(2, made);
        Assert.Equal(2, await _nodes[1].GetOrCreateAsync("hybrid:refill", _ => ValueTask.FromResult(3)));
    }

    [Fact]
    public async Task DisableRead_WhileATagIsRemoved_StoresNothingOld()
    {
        var options = new HybridCacheEntryOptions { Flags = HybridCacheEntryFlags.DisableLocalCacheRead | HybridCacheEntryFlags.DisableDistributedCacheRead };
        var (begun, mayEnd) = (new TaskCompletionSource(), new TaskCompletionSource());
        var refilling = Node.GetOrCreateAsync(
            "hybrid:refill in flight",
            async token =>
            {
                begun.SetResult();
                await mayEnd.Task.Soon();
                return "old";
            },
            options,
            ["hybrid refill"]);
        await begun.Task.Soon();
        await _nodes[1].RemoveByTagAsync("hybrid refill");
        mayEnd.SetResult();
        Assert.Equal("old", await refilling);
        Assert.Equal("new", await Read(_nodes[2], "hybrid:refill in flight", "new", "hybrid refill"));
    }

    [Fact]
    public async Task DisableWrite_StoresNothing()
    {
        var options = new HybridCacheEntryOptions { Flags = HybridCacheEntryFlags.DisableDistributedCacheWrite };
        Assert.Equal(1, await Node.GetOrCreateAsync("hybrid:unstored", _ => ValueTask.FromResult(1), options));
        Assert.Equal(2, await Node.GetOrCreateAsync("hybrid:unstored", _ => ValueTask.FromResult(2)));
        Assert.Equal(2, await Node.GetOrCreateAsync("hybrid:unstored", _ => ValueTask.FromResult(3), options));
        await Node.SetAsync("hybrid:unstored", 4, options);
        Assert.Equal(2, await Node.GetOrCreateAsync("hybrid:unstored", _ => ValueTask.FromResult(5)));
    }

    [Fact]
    public async Task DisableAll_RunsTheFactoryEachTime()
    {
        var options = new HybridCacheEntryOptions { Flags = HybridCacheEntryFlags.DisableLocalCache | HybridCacheEntryFlags.DisableDistributedCache };
        Assert.Equal(1, await Node.GetOrCreateAsync("hybrid:uncached", _ => ValueTask.FromResult(1), options));
        Assert.Equal(2, await Node.GetOrCreateAsync("hybrid:uncached", _ => ValueTask.FromResult(2), options));
    }

    [Fact]
    public async Task ValueThatItsSerializerRefuses_IsUsedAndNotStored_WhateverThatThrows()
    {
        await Node.SetAsync("hybrid:refused", 1);
        await Node.SetAsync("hybrid:refused", new Refused());
        Assert.Equal(2, await _nodes[1].GetOrCreateAsync("hybrid:refused", _ => ValueTask.FromResult(2)));
        var value = new Refused();
        Assert.Same(value, await Node.GetOrCreateAsync("hybrid:refused too", _ => ValueTask.FromResult(value)));
        Assert.False((await ((ITagCache)cluster.Client).TryGetAsync<Refused>("hybrid:refused too")).HasValue);
    }

    [Fact]
    public async Task Null_IsAValue()
    {
        Assert.Null(await Node.GetOrCreateAsync("hybrid:null", _ => ValueTask.FromResult<string?>(null)));
        Assert.Null(await _nodes[1].GetOrCreateAsync("hybrid:null", _ => ValueTask.FromResult<string?>("made again")));
    }

    [Fact]
    public async Task Tags_AreTakenAsTheyWereWhenTheCallWasMade()
    {
        string[] tags = ["hybrid taken"];
        var mayEnd = new TaskCompletionSource();
        var reading = Node.GetOrCreateAsync(
            "hybrid:tags",
            async token =>
            {
                await mayEnd.Task.Soon();
                return 1;
            },
            tags: tags);
        tags[0] = "hybrid changed";
        mayEnd.SetResult();
        await reading;
        await Node.RemoveByTagAsync("hybrid changed");
        Assert.Equal(1, await Node.GetOrCreateAsync("hybrid:tags", _ => ValueTask.FromResult(2)));
        await Node.RemoveByTagAsync("hybrid taken");
        Assert.Equal(3, await Node.GetOrCreateAsync("hybrid:tags", _ => ValueTask.FromResult(3)));
    }

    [Fact]
    public async Task Cancellation_OfOneJoiner_LeavesTheOthers()
    {
        var (begun, mayEnd) = (new TaskCompletionSource(), new TaskCompletionSource());
        var first = Node.GetOrCreateAsync("hybrid:cancel", async token =>
        {
            begun.SetResult();
            await mayEnd.Task.WaitAsync(token).Soon();
            return 1;
        }).AsTask();
        await begun.Task.Soon();
        using var cancellation = new CancellationTokenSource();
        var joiner = Node.GetOrCreateAsync("hybrid:cancel", _ => ValueTask.FromResult(2), cancellationToken: cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => joiner);
        mayEnd.SetResult();
        Assert.Equal(1, await first);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Node.GetOrCreateAsync("hybrid:cancel", _ => ValueTask.FromResult(2), cancellationToken: cancellation.Token).AsTask());
    }

    [Fact]
    public async Task ExpirationOfNothing_KeepsNothing()
    {
        var none = new HybridCacheEntryOptions { Expiration = TimeSpan.Zero };
        await Node.SetAsync("hybrid:zero", 1);
        await Node.SetAsync("hybrid:zero", 2, none);
        Assert.Equal(3, await Node.GetOrCreateAsync("hybrid:zero", _ => ValueTask.FromResult(3), none));
        Assert.Equal(4, await Node.GetOrCreateAsync("hybrid:zero", _ => ValueTask.FromResult(4), new() { Expiration = TimeSpan.MaxValue }));
        Assert.Equal(4, await Node.GetOrCreateAsync("hybrid:zero", _ => ValueTask.FromResult(5)));
    }

    [Fact]
    public async Task SpanAndInterpolatedKeys_AreTheSameKeys()
    {
        var id = 7;
        Assert.Equal(1, await Node.GetOrCreateAsync("hybrid:span:7".AsSpan(), _ => ValueTask.FromResult(1)));
        Assert.Equal(1, await Node.GetOrCreateAsync($"hybrid:span:{id}", _ => ValueTask.FromResult(2)));
        Assert.Equal(1, await Node.GetOrCreateAsync("hybrid:span:7", 3, static (state, _) => ValueTask.FromResult(state)));
    }

    [Fact]
    public async Task Context_DecidesOnTheEntry()
    {
        Assert.Equal(1, await Node.GetOrCreateAsync("hybrid:context", (context, _) =>
        {
            context.Flags = HybridCacheEntryFlags.DisableDistributedCacheWrite;
            return ValueTask.FromResult(1);
        }));
        Assert.Equal(2, await Node.GetOrCreateAsync("hybrid:context", (context, _) =>
        {
            context.Expiration = TimeSpan.FromHours(7);
            return ValueTask.FromResult(2);
        }));
        var found = await ((ITagCache)cluster.Client).TryGetAsync<int>("hybrid:context");
        Assert.Equal((2, TimeSpan.FromHours(7)), (found.Value, found.Life!.Expire));
    }

    /// <summary>What must not be stored is nothing to wait for: else its readers would be served one after the other, in the whole cluster.</summary>
    [Fact]
    public async Task ValuesThatAreNotForStoring_AreMadeSideBySide()
    {
        for (var node = 0; node < _nodes.Length; node++)
        {
            await Unstored(node, () => Task.CompletedTask);
        }

        var (arrived, all) = (0, new TaskCompletionSource());
        var values = _nodes.Select((_, node) => Unstored(node, () =>
        {
            if (Interlocked.Increment(ref arrived) == _nodes.Length)
            {
                all.SetResult();
            }

            return all.Task;
        })).ToList();
        Assert.All(await Task.WhenAll(values).WaitAsync(LessThanReadersWait, TimeProvider.System), value => Assert.Equal(1, value));

        Task<int> Unstored(int node, Func<Task> meet) => _nodes[node].GetOrCreateAsync("hybrid:side by side", async (context, _) =>
        {
            context.Flags = HybridCacheEntryFlags.DisableDistributedCacheWrite;
            await meet();
            return 1;
        }).AsTask();
    }

    [Fact]
    public async Task Objects_AreSharedOnlyIfNobodyCanChangeThem()
    {
        await Node.SetAsync("hybrid:mutable", new Mutable { Value = 1 });
        (await Get<Mutable>("hybrid:mutable")).Value = 2;
        Assert.Equal(1, (await Get<Mutable>("hybrid:mutable")).Value);
        await Node.SetAsync("hybrid:immutable", new Immutable(1));

        // Two reads while one copy is kept near; on a busy machine a session may lapse between them, and the next copy has an object of its own.
        var near = cluster.Nodes[0].GetRequiredService<NearCache>();
        (Immutable First, Immutable Second) read = default;
        await Events.On(CacheEvent.NearKept, CacheEvent.SessionOpened, CacheEvent.SessionEnded, CacheEvent.UpdateSettled, CacheEvent.LeaseRenewed).Until(async () =>
        {
            var kept = near.Find("hybrid:immutable", freshOnly: false).Entry;
            read = (await Get<Immutable>("hybrid:immutable"), await Get<Immutable>("hybrid:immutable"));
            return kept is not null && ReferenceEquals(kept, near.Find("hybrid:immutable", freshOnly: false).Entry);
        });
        Assert.Same(read.First, read.Second);

        async Task<T> Get<T>(string key) => await Node.GetOrCreateAsync<T>(key, _ => throw new InvalidOperationException("It is there."));
    }

    [Fact]
    public async Task Tuples_AreWhole()
    {
        await Node.SetAsync("hybrid:tuple", (1, Name: "a", new Fields { Number = 2 }));
        var (one, name, fields) = await Node.GetOrCreateAsync<(int, string, Fields)>("hybrid:tuple", _ => throw new InvalidOperationException("It is there."));
        Assert.Equal((1, "a", 2), (one, name, fields.Number));
    }

    internal static HybridCache CacheOn(IServiceProvider process) => AppNode.Over(new ServiceCollection().AddLogging(), process)
        .AddTagCacheHybridCache().BuildServiceProvider().GetRequiredService<HybridCache>();

    private static async Task<string> Read(HybridCache node, string key, string value, params string[] tags) =>
        await node.GetOrCreateAsync(key, value, static (value, _) => ValueTask.FromResult(value), tags: tags);

    private sealed class Refused
    {
        private readonly string _what = "It has none.";

        public int Value => throw new KeyNotFoundException(_what);
    }

    private sealed class Mutable
    {
        public int Value { get; set; }
    }

    private struct Fields
    {
        public int Number;
    }

    [ImmutableObject(true)]
    private sealed record Immutable(int Value);
}
