using Microsoft.Extensions.Hosting;
using OrleansTagCache.Diagnostics;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>Named factories: anybody reads what they make, wherever they run.</summary>
[Collection(LoaderCollection.Name)]
public sealed class LoaderTests(LoaderCluster cluster)
{
    [Theory]
    [InlineData("silo")]
    [InlineData("client")]
    public async Task Get_FromAnyProcess_RunsTheLoaderOnce(string loader)
    {
        var argument = $"{loader}/once";
        cluster.Source[argument] = "value";
        await Offered(loader);
        var before = cluster.RunsOf(argument);

        var values = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => cluster.Everyone[i % 4].GetAsync<string>(loader, argument).AsTask()));

        Assert.All(values, value => Assert.Equal("value", value));
        Assert.Equal(before + 1, cluster.RunsOf(argument));
        var found = await cluster.Silos[0].TryGetAsync<string>($"{loader}:{argument}");
        Assert.Equal(["item:" + argument, "of:" + loader], found.Tags!.Order(StringComparer.Ordinal));
        Assert.Equal(CacheLife.Max.ToString(), found.Life!.ToString());
    }

    [Theory]
    [InlineData("silo")]
    [InlineData("client")]
    public async Task Get_AfterAnUpdateOfATagThatTheLoaderPut_LoadsAgain(string loader)
    {
        var argument = $"{loader}/updated";
        cluster.Source[argument] = "old";
        await Offered(loader);
        Assert.Equal("old", await cluster.Client.GetAsync<string>(loader, argument));
        cluster.Source[argument] = "new";
        using (ServerAction.Begin())
        {
            await cluster.Silos[1].UpdateTagAsync($"item:{argument}");
        }

        foreach (var reader in cluster.Everyone)
        {
            Assert.Equal("new", await reader.GetAsync<string>(loader, argument));
        }
    }

    [Theory]
    [InlineData("silo")]
    [InlineData("client")]
    public async Task Get_OfAValueThatIsNotForStoring_StoresNothing(string loader)
    {
        var argument = $"{loader}/unstored";
        cluster.Source[argument] = LoaderCluster.Unstored;
        await Offered(loader);
        foreach (var reader in cluster.Everyone)
        {
            Assert.Equal(LoaderCluster.Unstored, await reader.GetAsync<string>(loader, argument));
            Assert.Equal(LoaderCluster.Unstored, await reader.GetOrCreateAsync($"outer:{argument}", async (_, token) => await reader.GetAsync<string>(loader, argument, token)));
            Assert.Empty(await reader.GetManyAsync<string>([$"{loader}:{argument}", $"outer:{argument}"]));
        }
    }

    [Fact]
    public async Task Get_OfALoaderThatNobodyOffers_SaysSo()
    {
        foreach (var reader in cluster.Everyone)
        {
            var fault = await Assert.ThrowsAsync<TagCacheException>(async () => await reader.GetAsync<string>("nobody", "x"));
            Assert.Contains("No process of the cluster offers this loader", fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Get_AsAnotherType_SaysWhich()
    {
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(async () => await cluster.Silos[0].GetAsync<int>("silo", "typed"));

        Assert.Contains("System.String", fault.Message, StringComparison.Ordinal);
        Assert.Contains("System.Int32", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "x", "at least 1")]
    [InlineData("a:b", "x", "colon")]
    [InlineData("silo", "a\nb", "control characters")]
    public async Task Get_OfABadName_SaysWhy(string loader, string argument, string why)
    {
        var fault = await Assert.ThrowsAnyAsync<ArgumentException>(async () => await cluster.Client.GetAsync<string>(loader, argument));
        Assert.Contains(why, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_WhenTheLoaderThrows_ComesThroughHereAndIsSaidElsewhere()
    {
        await Offered("client");
        cluster.Fails = true;
        try
        {
            var here = await Assert.ThrowsAsync<InvalidOperationException>(async () => await cluster.Client.GetAsync<string>("client", "throws"));
            Assert.Equal("The source is down.", here.Message);
            var elsewhere = await Assert.ThrowsAsync<TagCacheException>(async () => await cluster.Silos[0].GetAsync<string>("client", "throws"));
            Assert.Contains("It threw InvalidOperationException.", elsewhere.Message, StringComparison.Ordinal);
        }
        finally
        {
            cluster.Fails = false;
        }
    }

    [Fact]
    public void AddLoader_Twice_IsAFault() => Assert.Throws<ArgumentException>(() => Host.CreateApplicationBuilder().UseOrleansClient(client => client
        .AddLoader<string>("twice", (_, _, _) => new("1")).AddLoader<string>("twice", (_, _, _) => new("2"))));

    /// <summary>A hit of a loader's entry allocates nothing either: not even its key.</summary>
    [Fact]
    public async Task Hit_AllocatesNothing()
    {
        var cache = cluster.Silos[0];
        await Events.On(CacheEvent.NearKept, CacheEvent.UpdateSettled, CacheEvent.LeaseRenewed).Until(async () =>
        {
            await cache.GetAsync<string>("silo", "alloc");
            return Bytes() is not null;
        });

        // The runtime allocates for the code too until it has compiled it for good.
        Assert.Contains(Enumerable.Range(0, 1_000), _ => Bytes() == 0);

        long? Bytes()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
            {
                var read = cache.GetAsync<string>("silo", "alloc");
                if (!read.IsCompletedSuccessfully)
                {
                    return null;
                }

                Assert.Equal("none", read.GetAwaiter().GetResult());
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    /// <summary>Waits until the cluster knows who offers the loader.</summary>
    private async Task Offered(string loader)
    {
        if (loader == "client")
        {
            var grain = cluster.Orleans.Client.GetGrain<Contracts.ILoaderGrain>(Names.CacheNamespace.Default.Scope(loader));
            await Events.On(CacheEvent.LoaderOffered).Until(async () => (await grain.Runners()).Processes.Length > 0);
        }
    }
}
