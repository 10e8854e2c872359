using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>A revalidation that comes while loads are under way is not forgotten, and needs no reader: each load here ends when the test says so.</summary>
[Collection(LoaderCollection.Name)]
public sealed class RefreshRulesTests(LoaderCluster cluster)
{
    /// <summary>What was refreshed already in that pass is stale again, and nobody else comes for it.</summary>
    [Fact]
    public async Task RevalidateTag_DuringAPass_RefreshesOnceMoreWhatThatHadDone()
    {
        string[] arguments = ["during/done", "during/held"];
        foreach (var argument in arguments)
        {
            cluster.Source[argument] = "old";
            await cluster.Silos[0].GetAsync<string>("silo", argument);
        }

        var held = Hold("during/held");
        cluster.Source["during/done"] = "new";
        await cluster.Client.RevalidateTagAsync("of:during", CacheLife.Max);
        await cluster.Loads.Until(() => cluster.RunsOf("during/held") == 2);
        await UntilFresh("during/done", runs: 2);

        // The pass goes on, since one of its loads does.
        cluster.Source["during/done"] = "newer";
        await cluster.Client.RevalidateTagAsync("of:during", CacheLife.Max);
        Assert.Equal(1, (await Job("of:during").Describe())!.Pass);
        Release("during/held", held);

        // One pass more, and nothing is left.
        await Events.On(CacheEvent.JobEnded).Until(async () => await Job("of:during").Describe() is null);
        Assert.Equal(3, cluster.RunsOf("during/done"));
        await UntilFresh("during/done", runs: 3);
        Assert.Equal("newer", await cluster.Silos[1].GetAsync<string>("silo", "during/done"));
    }

    /// <summary>It was stored nowhere when the tag was revalidated, so there is no job for it.</summary>
    [Fact]
    public async Task RevalidateTag_WhileALoaderRunsForAReader_RefreshesItsValueBehindHim()
    {
        var held = Hold("reader/held");
        cluster.Source["reader/held"] = "old";
        var reading = cluster.Silos[0].GetAsync<string>("silo", "reader/held").AsTask();
        await cluster.Loads.Until(() => cluster.RunsOf("reader/held") == 1);
        cluster.Source["reader/held"] = "new";
        await cluster.Client.RevalidateTagAsync("item:reader/held", CacheLife.Max);
        Assert.Null(await Job("item:reader/held").Describe());
        Release("reader/held", held);

        Assert.Equal("old", await reading);
        await UntilFresh("reader/held", runs: 2);
        Assert.Equal("new", await cluster.Silos[1].GetAsync<string>("silo", "reader/held"));
    }

    /// <summary>The job has begun by then: what it has loaded would be stale again, and what it is loading would be stale when it is stored.</summary>
    [Fact]
    public async Task RevalidateTag_ThatIsAskedForAgainSinceItsAnswerWasLost_LoadsEachOnce()
    {
        string[] arguments = ["lost/done", "lost/held"];
        foreach (var argument in arguments)
        {
            await cluster.Silos[0].GetAsync<string>("silo", argument);
        }

        var held = Hold("lost/held");
        var tag = TagId.OfTag(CacheNamespace.Default, "of:lost");
        var (request, requestId) = (new UpdateRequest([tag], CacheLife.Max.Expire), Guid.NewGuid());
        var first = await Ask();
        Assert.True(first.IsComplete);
        await cluster.Loads.Until(() => cluster.RunsOf("lost/held") == 2);
        await UntilFresh("lost/done", runs: 2);
        Assert.Equal(first, await Ask());
        Release("lost/held", held);

        await Events.On(CacheEvent.JobEnded).Until(async () => await Job("of:lost").Describe() is null);
        Assert.Equal([2, 2], arguments.Select(cluster.RunsOf));
        foreach (var argument in arguments)
        {
            Assert.False((await cluster.Entry($"silo:{argument}").Describe())!.IsStale);
        }

        async Task<UpdateOutcome> Ask() => await cluster.Orleans.Client.GetGrain<ITagGrain>(tag.Scoped).Update(request, requestId);
    }

    private TaskCompletionSource Hold(string argument) =>
        cluster.HeldArguments.GetOrAdd(argument, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private void Release(string argument, TaskCompletionSource held)
    {
        cluster.HeldArguments.TryRemove(argument, out _);
        held.SetResult();
    }

    /// <summary>Waits until it was loaded so often and what is stored is fresh: it is described, which no reader's right comes with.</summary>
    private async Task UntilFresh(string argument, int runs)
    {
        await cluster.Loads.Until(() => cluster.RunsOf(argument) == runs, () => $"{cluster.RunsOf(argument)} loads of {argument}");
        var entry = cluster.Entry($"silo:{argument}");
        await Events.On(CacheEvent.EntryStored).Until(async () => await entry.Describe() is { IsStale: false });
    }

    private IRefreshJobGrain Job(string tag) => cluster.Orleans.Client.GetGrain<IRefreshJobGrain>(CacheNamespace.Default.Scope(tag));
}
