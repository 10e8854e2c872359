using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>What a revalidation made stale and a loader can make is refreshed by the cluster itself, and nothing of the job is left behind.</summary>
[Collection(LoaderCollection.Name)]
public sealed class RefreshJobTests(LoaderCluster cluster)
{
    private const int Count = 500;

    [Theory]
    [InlineData("silo")]
    [InlineData("client")]
    public async Task RevalidateTag_WithoutAnyReader_RefreshesEveryDependentOnce(string loader)
    {
        var arguments = await Fill(loader, $"all-{loader}", "old");
        Array.ForEach(arguments, argument => cluster.Source[argument] = "new");
        var runs = arguments.Sum(cluster.RunsOf);

        await cluster.Client.RevalidateTagAsync($"of:all-{loader}", CacheLife.Max);
        await UntilDone($"of:all-{loader}");

        Assert.Equal(runs + Count, arguments.Sum(cluster.RunsOf));
        Assert.InRange(cluster.MostRunning, 1, 3 * LoaderCluster.MaximumLoads);
        foreach (var argument in arguments)
        {
            // A process that keeps the old one near serves it once more, and asks for the new one behind its reader's back.
            CacheResult<string> found = default;
            await Events.On(CacheEvent.NearKept, CacheEvent.EntryStored, CacheEvent.LeaseRenewed).Until(async () => !(found = await cluster.Silos[0].TryGetAsync<string>($"{loader}:{argument}")).IsStale);

            Assert.Equal((true, "new"), (found.HasValue, found.ValueOrDefault));
        }
    }

    /// <summary>What its loader does not want stored is not, and the stale value stays; the job does not try again and again.</summary>
    [Fact]
    public async Task RevalidateTag_OfWhatIsNotForStoringNow_LeavesTheStaleValue()
    {
        const string Argument = "unstored-now";
        cluster.Source[Argument] = "old";
        Assert.Equal("old", await cluster.Client.GetAsync<string>("silo", Argument));
        cluster.Source[Argument] = LoaderCluster.Unstored;
        var runs = cluster.RunsOf(Argument);

        await cluster.Client.RevalidateTagAsync($"of:{Argument}", CacheLife.Max);
        await UntilDone($"of:{Argument}");

        Assert.Equal(runs + 1, cluster.RunsOf(Argument));
        var found = await cluster.Silos[0].TryGetAsync<string>($"silo:{Argument}");
        Assert.Equal(("old", true), (found.Value, found.IsStale));
    }

    [Fact]
    public async Task RevalidateTag_AThousandTimesAtOnce_IsOneReminderAndOneMorePassAtMost()
    {
        var arguments = await Fill("silo", "thousand", "old");
        var runs = arguments.Sum(cluster.RunsOf);
        cluster.Held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await cluster.Silos[1].RevalidateTagAsync("of:thousand", CacheLife.Max);
            await Task.WhenAll(Enumerable.Range(0, 1_000).Select(i => cluster.Everyone[i % 4].RevalidateTagAsync("of:thousand", CacheLife.Max).AsTask()));
            Assert.Equal(1, await Reminders("of:thousand"));
            Assert.Equal(1, (await Job("of:thousand").Describe())!.Pass);
        }
        finally
        {
            cluster.Held.SetResult();
            cluster.Held = null;
        }

        await UntilDone("of:thousand");

        // The loads that were under way may have begun before the last revalidation: those entries, and no others, are loaded again.
        Assert.InRange(arguments.Sum(cluster.RunsOf) - runs, Count, Count + (2 * 3 * LoaderCluster.MaximumLoads));
    }

    [Fact]
    public async Task UpdateTag_DuringTheJob_OvertakesIt()
    {
        var arguments = await Fill("silo", "overtaken", "old");
        cluster.Held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await cluster.Client.RevalidateTagAsync("of:overtaken", CacheLife.Max);
        await cluster.Loads.Until(() => arguments.Count(argument => cluster.RunsOf(argument) > 1) >= LoaderCluster.MaximumLoads);
        Array.ForEach(arguments, argument => cluster.Source[argument] = "new");
        using (ServerAction.Begin())
        {
            await cluster.Client.UpdateTagAsync("of:overtaken");
        }

        cluster.Held.SetResult();
        cluster.Held = null;
        await UntilDone("of:overtaken");
        foreach (var argument in arguments)
        {
            // What was being loaded is older than the update, and the rest was not loaded at all: nobody asked for it.
            Assert.False((await cluster.Silos[2].TryGetAsync<string>($"silo:{argument}")).HasValue);
            Assert.Equal("new", await cluster.Silos[2].GetAsync<string>("silo", argument));
        }
    }

    [Fact]
    public async Task RevalidateTag_WhenTheLoaderFails_IsTriedInThreePassesAndLeftToReaders()
    {
        var arguments = await Fill("silo", "failing", "old");
        cluster.Fails = true;
        try
        {
            await cluster.Client.RevalidateTagAsync("of:failing", CacheLife.Max);
            await UntilDone("of:failing");
        }
        finally
        {
            cluster.Fails = false;
        }

        Assert.All(arguments, argument => Assert.Equal(1 + Refreshing.RefreshJobGrain.MaximumFailedPasses, cluster.RunsOf(argument)));
        foreach (var argument in arguments)
        {
            Assert.True((await cluster.Silos[0].TryGetAsync<string>($"silo:{argument}")).IsStale);
        }
    }

    [Fact]
    public async Task RevalidateTag_WithoutLoaders_LeavesNoJob()
    {
        await cluster.Client.SetAsync("job:none", "value", new() { Tags = ["no-loader"] });
        await cluster.Client.RevalidateTagAsync("no-loader", CacheLife.Max);

        Assert.Null(await Job("no-loader").Describe());
        Assert.Equal(0, await Reminders("no-loader"));
    }

    private async Task<string[]> Fill(string loader, string group, string value)
    {
        string[] arguments = [.. Enumerable.Range(0, Count).Select(i => $"{group}/{i}")];
        Array.ForEach(arguments, argument => cluster.Source[argument] = value);
        var owner = loader == "client" ? cluster.Client : cluster.Silos[0];
        await Parallel.ForEachAsync(arguments, async (argument, token) => await owner.GetAsync<string>(loader, argument, token));
        return arguments;
    }

    /// <summary>Waits until nothing is left, of the work or of its reminder.</summary>
    private Task UntilDone(string tag) => Events.On(CacheEvent.JobEnded).Until(async () => await Job(tag).Describe() is null && await Reminders(tag) == 0);

    private IRefreshJobGrain Job(string tag) => cluster.Orleans.Client.GetGrain<IRefreshJobGrain>(CacheNamespace.Default.Scope(tag));

    private async Task<int> Reminders(string tag)
    {
        var table = TagCacheCluster.Get<IReminderTable>(cluster.Orleans.Silos[0]);
        return (await table.ReadRows(Job(tag).GetGrainId())).Reminders.Count;
    }
}
