using System.Numerics;
using System.Runtime.Serialization;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>Everybody gets the same value, of the type that they ask for; what is no value of it is made anew.</summary>
[Collection(ClusterCollection.Name)]
public sealed class ValueTests(TagCacheCluster cluster)
{
    [Fact]
    public async Task FirstCaller_GetsWhatEverybodyGets()
    {
        foreach (var (reader, i) in cluster.Everyone.Select((reader, i) => (reader, i)))
        {
            var key = $"values:first {i}";
            var made = await reader.GetOrCreateAsync<Animal>(key, (_, _) => new(new Dog { Name = "Rex", Tricks = 3 }));
            Assert.Equal((typeof(Animal), "Rex"), (made.GetType(), made.Name));
            foreach (var other in cluster.Everyone)
            {
                Assert.Equal("Rex", (await other.TryGetAsync<Animal>(key)).Value.Name);
            }
        }
    }

    [Fact]
    public async Task ValueThatDoesNotComeBack_IsItsCallersAlone()
    {
        foreach (var (reader, i) in cluster.Everyone.Select((reader, i) => (reader, i)))
        {
            var key = $"values:lost {i}";
            Assert.Equal(5, await reader.GetOrCreateAsync(key, (_, _) => new ValueTask<BigInteger>(5)));
            Assert.Equal(6, await reader.GetOrCreateAsync(key, (_, _) => new ValueTask<BigInteger>(6)));
            Assert.False((await reader.TryGetAsync<BigInteger>(key)).HasValue);
        }
    }

    /// <summary>Read near, read from the cluster, and on another process: no matter who has kept what.</summary>
    [Fact]
    public async Task Read_AsAnotherType_RunsTheFactory_AndStoresItsValueOverIt()
    {
        foreach (var (reader, i) in cluster.Everyone.Select((reader, i) => (reader, i)))
        {
            var key = $"values:other type {i}";
            await reader.SetAsync(key, new One("one"));
            Assert.True((await reader.TryGetAsync<One>(key)).HasValue);
            Assert.False((await reader.TryGetAsync<Other>(key)).HasValue);
            Assert.Equal("made", (await reader.GetOrCreateAsync(key, (_, _) => new ValueTask<Other>(new Other("made", 1)))).Name);
            foreach (var other in cluster.Everyone)
            {
                Assert.Equal("made", (await other.GetOrCreateAsync<Other>(key, Never<Other>)).Name);
                Assert.False((await other.TryGetAsync<One>(key)).HasValue);
            }
        }
    }

    /// <summary>As after a deployment: the same name, and a member that what is stored does not have.</summary>
    [Fact]
    public async Task EntryThatCannotBeRead_IsMadeAnew_AndStoredOver()
    {
        foreach (var (reader, i) in cluster.Everyone.Select((reader, i) => (reader, i)))
        {
            var key = $"values:unreadable {i}";
            await reader.SetAsync(key, new Before("old"));
            Assert.False((await reader.TryGetAsync<After>(key)).HasValue);
            Assert.Equal(7, (await reader.GetOrCreateAsync(key, (_, _) => new ValueTask<After>(new After { Name = "new", Price = 7 }))).Price);
            foreach (var other in cluster.Everyone)
            {
                Assert.Equal(7, (await other.TryGetAsync<After>(key)).Value.Price);
            }
        }
    }

    [Fact]
    public async Task StaleValueThatCannotBeRead_IsNone_InsideTheFactory()
    {
        await cluster.Client.SetAsync("values:stale", new Before("old"), new() { Tags = ["values stale"] });
        await cluster.Client.RevalidateTagAsync("values stale", CacheLife.Max);
        var made = await cluster.Client.GetOrCreateAsync(
            "values:stale", (context, _) => new ValueTask<After>(new After { Name = "new", Price = context.TryGetStale<After>(out var _) ? 1 : 2 }));
        Assert.Equal(2, made.Price);
    }

    [Fact]
    public async Task FactoryOfAnUnreadableEntry_ThatFails_ComesThrough()
    {
        await cluster.Client.SetAsync("values:fails", new Before("old"));
        var fault = await Assert.ThrowsAsync<TimeoutException>(
            () => cluster.Client.GetOrCreateAsync<After>("values:fails", (_, _) => throw new TimeoutException("The source.")).AsTask());
        Assert.Equal("The source.", fault.Message);
        Assert.Equal("old", (await cluster.Client.TryGetAsync<Before>("values:fails")).Value.Name);
    }

    /// <summary>As while a deployment goes on: each time would be a set in all processes. A process does so once in a while.</summary>
    [Fact]
    public async Task ReadersOfTwoTypes_InTurns_AreServed_AndStoreOverEachOtherSeldom()
    {
        for (var round = 0; !await IsKept($"values:turns {round}"); round++)
        {
            Assert.True(round < 1_000);
        }

        async Task<bool> IsKept(string key)
        {
            await cluster.Client.SetAsync(key, new One("one"));
            Assert.Equal("other", (await cluster.Client.GetOrCreateAsync(key, (_, _) => new ValueTask<Other>(new Other("other", 1)))).Name);
            Assert.Equal("again", (await cluster.Client.GetOrCreateAsync(key, (_, _) => new ValueTask<One>(new One("again")))).Name);
            return (await cluster.Silos[0].TryGetAsync<Other>(key)).HasValue;
        }
    }

    [Fact]
    public async Task ReadersOfTwoTypes_AtATime_EachGetTheirs()
    {
        var readers = Enumerable.Range(0, 24).Select(i => cluster.Everyone[i % 4]).Select(async (reader, i) => i % 3 == 0
            ? (await reader.GetOrCreateAsync("values:two types", (_, _) => new ValueTask<One>(new One("one")))).Name
            : (await reader.GetOrCreateAsync("values:two types", (_, _) => new ValueTask<Other>(new Other("other", 1)))).Name);
        var names = await Task.WhenAll(readers).WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System);
        Assert.Equal(Enumerable.Range(0, 24).Select(i => i % 3 == 0 ? "one" : "other"), names);
    }

    private static ValueTask<T> Never<T>(CacheContext context, CancellationToken cancellationToken) => throw new InvalidOperationException("It is there.");

    private class Animal
    {
        public string? Name { get; set; }
    }

    private sealed class Dog : Animal
    {
        public int Tricks { get; set; }
    }

    private sealed record One(string Name);

    private sealed record Other(string Name, int Number);

    [DataContract(Name = "tests.values.product")]
    private sealed record Before(string Name);

    [DataContract(Name = "tests.values.product")]
    private sealed record After
    {
        public required string Name { get; init; }

        public required int Price { get; init; }
    }
}
