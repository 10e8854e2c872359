using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Names;
using OrleansTagCache.Near;
using OrleansTagCache.Ownership;
using Xunit;
using Xunit.Abstractions;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>What a trace shows of a call: everything that it causes, in every process, and no names of entries.</summary>
[Collection(ClusterCollection.Name)]
public sealed class TracingTests(TagCacheCluster cluster, ITestOutputHelper output)
{
    [Fact]
    public async Task UpdateTag_OverThreeSilos_IsOneTraceToTheLastClient()
    {
        // The entry is on another silo than the one that coordinates the update, so that its client hears of it from a member.
        var (key, tag) = PairOnTwoSilos();
        await KeepNear(key, tag);
        using var trace = new Trace();
        using (ServerAction.Begin())
        {
            await cluster.Client.UpdateTagAsync(tag);
        }

        await trace.Ended(8).Soon();

        output.WriteLine(trace.Tree);
        Assert.Equal(
            """
            tagcache.update (client)
              tagcache.update (server)
                tagcache.deliver (client)
                  tagcache.deliver (server)
                tagcache.deliver (client)
                  tagcache.deliver (server)
                    tagcache.push (client)
                      tagcache.push (server)

            """.ReplaceLineEndings(),
            trace.Tree);
        Assert.Equal(3, trace.Of("tagcache.update", ActivityKind.Server).Single().GetTagItem("tagcache.members"));
        Assert.Equal(2, trace.Of("tagcache.deliver", ActivityKind.Client).Select(sent => sent.GetTagItem("tagcache.silo")).Distinct().Count());
        trace.NamesNothing(key, tag);
    }

    [Fact]
    public async Task Miss_IsARead_AGeneration_AndACommit()
    {
        using var trace = new Trace();
        Activity? seen = null;
        await cluster.Client.GetOrCreateAsync(
            "trace:miss",
            (_, _) =>
            {
                seen = Activity.Current;
                return new ValueTask<string>("the-value");
            },
            new() { Tags = ["trace-miss"], NearCache = NearCacheMode.Off });
        await cluster.Client.GetOrCreateAsync("trace:miss", Never<string>, new() { NearCache = NearCacheMode.Off });

        Assert.Equal(
            """
            tagcache.read (internal)
            tagcache.read (internal)
              tagcache.commit (client)
              tagcache.generate (internal)

            """.ReplaceLineEndings(),
            trace.Tree);
        Assert.Same(trace.Of("tagcache.generate").Single(), seen);
        Assert.Equal(["generated", "hit"], trace.Of("tagcache.read").Select(read => read.GetTagItem("tagcache.outcome")));
        Assert.Equal("stored", trace.Of("tagcache.commit", ActivityKind.Client).Single().GetTagItem("tagcache.outcome"));
        trace.NamesNothing("trace:miss", "trace-miss", "the-value");
    }

    [Fact]
    public async Task Factory_ThatThrows_IsAnErrorOfThatTypeWithoutItsMessage()
    {
        using var trace = new Trace();
        await Assert.ThrowsAsync<FormatException>(() => cluster.Client.GetOrCreateAsync<string>("trace:throws", (_, _) => throw new FormatException("secret")).AsTask());

        Assert.All([.. trace.Of("tagcache.read"), .. trace.Of("tagcache.generate")], failed =>
            Assert.Equal(
                (ActivityStatusCode.Error, "System.FormatException", "System.FormatException"),
                (failed.Status, failed.StatusDescription, failed.GetTagItem("error.type"))));
        Assert.Equal(2, trace.Count);
        trace.NamesNothing("secret");
    }

    [Fact]
    public async Task NearHit_WhileSomeoneListens_IsNoActivityAndAllocatesNothing()
    {
        await KeepNear("trace:near", "trace-near");
        using var trace = new Trace();

        Assert.Equal(0, AllocatedByHits());
        Assert.Equal(0, trace.Count);

        long AllocatedByHits()
        {
            Read();
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1_000; i++)
            {
                Read();
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        void Read()
        {
            var read = cluster.Client.GetOrCreateAsync("trace:near", Never<string>);
            Assert.True(read.IsCompletedSuccessfully);
        }
    }

    [Fact]
    public async Task RefreshBehindAReader_IsATraceOfItsOwnThatIsLinkedToTheRead()
    {
        var options = new CacheEntryOptions { Tags = ["trace-stale"], NearCache = NearCacheMode.Off, AllowBackgroundRefresh = true };
        await cluster.Client.GetOrCreateAsync("trace:stale", (_, _) => new ValueTask<string>("old"), options);
        await cluster.Client.RevalidateTagAsync("trace-stale", CacheLife.Max);
        using var trace = new Trace();
        Activity? seen = null;
        Assert.Equal("old", await cluster.Client.GetOrCreateAsync(
            "trace:stale",
            (_, _) =>
            {
                seen = Activity.Current;
                return new ValueTask<string>("new");
            },
            options));

        await trace.Ended(2).Soon();

        var read = Assert.Single(trace.Of("tagcache.read"));
        var refresh = Assert.Single(trace.Of("tagcache.refresh"));
        Assert.Equal(read.SpanId, Assert.Single(refresh.Links).Context.SpanId);
        Assert.Equal((default, refresh), (refresh.ParentSpanId, seen));
        Assert.NotEqual(read.TraceId, refresh.TraceId);
    }

    [Fact]
    public async Task Tags_AreNamedOnlyWhereTheOptionsSaySo()
    {
        var options = cluster.Orleans.Client.ServiceProvider.GetRequiredService<TagCacheClientOptions>();
        using var trace = new Trace();
        options.IncludeTagsInTraces = true;
        try
        {
            await cluster.Client.GetOrCreateAsync("trace:named", (_, _) => new ValueTask<int>(1), new() { Tags = ["trace-named"] });
            await cluster.Client.RevalidateTagAsync("trace-named");
        }
        finally
        {
            options.IncludeTagsInTraces = false;
        }

        Assert.Equal(["trace-named"], (string[])trace.Of("tagcache.commit", ActivityKind.Client).Single().GetTagItem("tagcache.tags")!);
        Assert.Equal(["trace-named"], (string[])trace.Of("tagcache.update", ActivityKind.Client).Single().GetTagItem("tagcache.tags")!);
        trace.NamesNothing("trace:named");
    }

    [Fact]
    public async Task SetAndRemove_AreTracedToTheSilosThatHearOfThem()
    {
        using var trace = new Trace();
        await cluster.Client.SetAsync("trace:set", 1, new() { Tags = ["trace-set"] });
        await cluster.Client.RemoveAsync("trace:set");
        await trace.Ended(12).Soon();

        Assert.Equal(
            """
            tagcache.remove (client)
              tagcache.update (server)
                tagcache.deliver (client)
                  tagcache.deliver (server)
                tagcache.deliver (client)
                  tagcache.deliver (server)
            tagcache.set (client)
              tagcache.update (server)
                tagcache.deliver (client)
                  tagcache.deliver (server)
                tagcache.deliver (client)
                  tagcache.deliver (server)

            """.ReplaceLineEndings(),
            trace.Tree);
        trace.NamesNothing("trace:set", "trace-set");
    }

    /// <summary>Updates of several traces share a message; which do is for chance to say, so this is shown of the rule alone.</summary>
    [Fact]
    public void WhatSeveralCallersCause_BelongsToTheFirstAndIsLinkedToTheOthers()
    {
        using var trace = new Trace();
        var one = Activity.Current!.Id!;
        var two = $"00-{Activity.Current.TraceId}-0000000000000002-01";
        using var activity = Tracing.StartApart<string?>("tagcache.test", ActivityKind.Server, [null, one, two, one], static text => text);
        Assert.Equal(one, Activity.Current.Id);
        Tracing.End(activity);

        Assert.Equal(one, activity!.ParentId);
        Assert.Equal("0000000000000002", Assert.Single(activity.Links).Context.SpanId.ToString());
        Assert.Equal(one, Activity.Current.Id);
    }

    private (string Key, string Tag) PairOnTwoSilos()
    {
        var owners = TagCacheCluster.Get<Owners>(cluster.Orleans.Silos[0]).Silos;
        var coordinator = owners.OwnerOf(CacheNamespace.Default.Scope("trace-update"));
        var key = Enumerable.Range(0, 1_000).Select(i => $"trace:update-{i}").First(key => !owners.OwnerOf(CacheNamespace.Default.Scope(key))!.Equals(coordinator));
        return (key, "trace-update");
    }

    private async Task KeepNear(string key, string tag)
    {
        var near = cluster.Orleans.Client.ServiceProvider.GetRequiredService<NearCache>();
        await Events.On(CacheEvent.SessionOpened, CacheEvent.SessionEnded, CacheEvent.UpdateSettled, CacheEvent.PushAcknowledged, CacheEvent.LeaseRenewed).Until(async () =>
        {
            await cluster.Client.GetOrCreateAsync(key, (_, _) => new ValueTask<string>("value"), new() { Tags = [tag] });
            return near.Find(key, freshOnly: false).Entry is not null;
        });
    }

    private static ValueTask<T> Never<T>(CacheContext context, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("The value is there.");
}
