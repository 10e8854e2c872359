using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>IDistributedCache as its abstraction documents it, over several nodes.</summary>
[Collection(AdapterCollection.Name)]
public sealed class DistributedCacheTests(AdapterCluster cluster)
{
    private readonly IBufferDistributedCache[] _nodes = [.. cluster.Nodes.Select(CacheOn)];

    private IBufferDistributedCache Node => _nodes[0];

    [Theory]
    [InlineData("session")]
    [InlineData("")]
    [InlineData("with\u001e separators \ud800")]
    public async Task WhatOneNodeSets_EveryNodeGets_UntilItIsRemoved(string key)
    {
        foreach (var value in new byte[][] { [1], [], [2, 3] })
        {
            await Node.SetAsync(key, value, new());
            Assert.All(await Task.WhenAll(_nodes.Select(node => node.GetAsync(key))), found => Assert.Equal(value, found));
        }

        await _nodes[1].RemoveAsync(key);
        Assert.All(await Task.WhenAll(_nodes.Select(node => node.GetAsync(key))), Assert.Null);
    }

    /// <summary>Such an entry is a copy as any other that a factory reads: it limits what is made from it, and its tags are believed as of a copy.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReadInsideAFactory_LimitsTheEntryThatIsMadeFromIt(bool isBlocking)
    {
        var key = $"idc:nested:{isBlocking}";
        await Node.SetAsync(key, [1], new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(5) });
        Assert.Equal([1], await cluster.Client.GetOrCreateAsync(
            $"{key}:outer", async (_, token) => isBlocking ? Node.Get(key)! : (await Node.GetAsync(key, token))!, new() { Life = CacheLife.Hours }));

        var outer = await cluster.Client.TryGetAsync<byte[]>($"{key}:outer");
        Assert.InRange(outer.Life!.Expire, TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(5));
    }

    [Fact]
    public void BlockingCalls_DoTheSame()
    {
        Node.Set("blocking", [1], new() { SlidingExpiration = TimeSpan.FromMinutes(1) });
        Node.Refresh("blocking");
        Assert.Equal([1], Node.Get("blocking"));
        Node.Remove("blocking");
        Assert.Null(Node.Get("blocking"));
        Node.Remove("blocking");
        Node.Refresh("blocking");
    }

    /// <summary>A grain's turn, or the thread of a user interface: the only one that may go on with what it awaits.</summary>
    [Fact]
    public async Task BlockingCalls_NeedNoOtherThreadOfTheirContext()
    {
        await Node.SetAsync("context", [1], new());
        var found = Task.Factory.StartNew(
            () => Node.Get("context"), CancellationToken.None, TaskCreationOptions.None, new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler);
        Assert.Equal([1], await found.Soon());
    }

    [Fact]
    public async Task Buffers_GetWhatArraysSet_AndTheOtherWayRound()
    {
        await Node.SetAsync("buffer", new ReadOnlySequence<byte>([4, 5]), new());
        Assert.Equal([4, 5], await Node.GetAsync("buffer"));
        var target = new ArrayBufferWriter<byte>();
        Assert.True(await _nodes[1].TryGetAsync("buffer", target));
        Assert.True(_nodes[2].TryGet("buffer", target));
        Assert.Equal([4, 5, 4, 5], target.WrittenSpan.ToArray());
        Assert.False(await Node.TryGetAsync("no buffer", target));
        Node.Set("buffer", new ReadOnlySequence<byte>([6]), new());
        Assert.Equal([6], Node.Get("buffer"));
    }

    [Fact]
    public async Task Values_AreCopies()
    {
        byte[] value = [1];
        await Node.SetAsync("copies", value, new());
        value[0] = 2;
        var found = (await Node.GetAsync("copies"))!;
        found[0] = 3;
        Assert.Equal([1], await Node.GetAsync("copies"));
    }

    [Fact]
    public async Task Nulls_AreRefused()
    {
        await Assert.ThrowsAsync<ArgumentNullException>("key", () => Node.GetAsync(null!));
        await Assert.ThrowsAsync<ArgumentNullException>("key", () => Node.SetAsync(null!, [1], new()));
        await Assert.ThrowsAsync<ArgumentNullException>("value", () => Node.SetAsync("null", null!, new()));
        await Assert.ThrowsAsync<ArgumentNullException>("options", () => Node.SetAsync("null", [1], null!));
        await Assert.ThrowsAsync<ArgumentNullException>("key", () => Node.RemoveAsync(null!));
        await Assert.ThrowsAsync<ArgumentNullException>("key", () => Node.RefreshAsync(null!));
    }

    [Fact]
    public async Task AbsoluteExpiration_MustBeInTheFuture() => await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
        nameof(DistributedCacheEntryOptions.AbsoluteExpiration),
        () => Node.SetAsync("past", [1], new() { AbsoluteExpiration = TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(1) }));

    [Fact]
    public async Task KeysOfTheCacheItself_AreOthers()
    {
        await cluster.Client.SetAsync("apart", "a value of the cache");
        await Node.SetAsync("apart", [1], new());
        Assert.Equal("a value of the cache", (await cluster.Client.TryGetAsync<string>("apart")).Value);
        await cluster.Client.SetAsync("idc:apart", "another");
        Assert.Equal([1], await Node.GetAsync("apart"));
    }

    /// <summary>Each once; what only lengthens a life is no read.</summary>
    [Fact]
    public async Task Reads_AreCounted_ByWhatTheyGot()
    {
        var meters = cluster.Nodes[0].GetRequiredService<IMeterFactory>();
        var outcomes = new ConcurrentQueue<string?>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "tagcache.reads" && instrument.Meter.Scope == meters)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) => outcomes.Enqueue($"{tags[0].Value} {count}"));
        listener.Start();

        await Node.SetAsync("counted", [1], new());
        await Node.GetAsync("counted");
        await Node.RefreshAsync("counted");
        await Node.GetAsync("not counted before");
        Assert.True(await Node.TryGetAsync("counted", new ArrayBufferWriter<byte>()));

        Assert.Equal(["hit 1", "miss 1", "hit 1"], outcomes);
    }

    internal static IBufferDistributedCache CacheOn(IServiceProvider process) => (IBufferDistributedCache)AppNode.Over(new ServiceCollection(), process)
        .AddTagCacheDistributedCache().BuildServiceProvider().GetRequiredService<IDistributedCache>();
}
