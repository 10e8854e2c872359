using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>Entries made from other entries depend on their tags.</summary>
[Collection(ClusterCollection.Name)]
public sealed class NestingTests(TagCacheCluster cluster)
{
    [Fact]
    public async Task UpdateTag_OfAnInnerEntry_ExpiresTheOuterOne()
    {
        var source = 1;
        await Outer("nest", () => source);
        source = 2;
        using (ServerAction.Begin())
        {
            await cluster.Silos[0].UpdateTagAsync("nest-inner");
        }

        await Settled();
        Assert.Equal(20, await Outer("nest", () => source));
        var outer = await cluster.Client.TryGetAsync<int>("nest-outer");
        Assert.Equal(["nest-inner", "nest-outer"], outer.Tags!.Order());
    }

    [Fact]
    public async Task InnerEntry_AlreadyCached_GivesItsTagsAndLimitsTheLife()
    {
        await cluster.Client.SetAsync("nest-life-inner", 1, new() { Tags = ["nest-life"], Life = CacheLife.Seconds });
        await Settled();
        await cluster.Client.GetOrCreateAsync(
            "nest-life-outer",
            async (_, token) => (await cluster.Client.TryGetAsync<int>("nest-life-inner", token)).Value,
            new() { Life = CacheLife.Hours });

        var outer = await cluster.Client.TryGetAsync<int>("nest-life-outer");
        Assert.Equal(["nest-life"], outer.Tags!);
        Assert.InRange(outer.Life!.Revalidate, TimeSpan.Zero, CacheLife.Seconds.Revalidate);
        Assert.InRange(outer.Life!.Expire, TimeSpan.Zero, CacheLife.Seconds.Expire);
    }

    [Fact]
    public async Task InnerEntry_ThatIsStale_IsMadeAnewForTheOuterOne()
    {
        await cluster.Client.SetAsync("nest-stale-inner", "old", new() { Tags = ["nest-stale"] });
        await cluster.Client.RevalidateTagAsync("nest-stale", CacheLife.Max);

        var outer = await cluster.Client.GetOrCreateAsync("nest-stale-outer", async (_, token) =>
        {
            Assert.False((await cluster.Client.TryGetAsync<string>("nest-stale-inner", token)).HasValue);
            return await cluster.Client.GetOrCreateAsync("nest-stale-inner", (_, _) => new ValueTask<string>("new"), null, token);
        });

        Assert.Equal("new", outer);
    }

    [Fact]
    public async Task Commit_OfAValueMadeFromACopy_WhileAnUpdateOfItsTagIsOpen_IsNotKept()
    {
        // The outer entry's silo has heard of an update that the inner entry's silo has not: the outer value was made from the old inner one.
        var entry = cluster.Entry("nest-open");
        var tag = TagId.OfTag(CacheNamespace.Default, "nest-open");
        var update = new UpdateId(Guid.NewGuid(), 1);
        var ledgers = cluster.Orleans.Silos.Select(TagCacheCluster.Get<TagLedger>).ToList();
        ledgers.ForEach(ledger => ledger.Expire(update, [tag]));
        var token = (await entry.Acquire(new(true, false, TimeSpan.Zero))).Token;

        var generated = new EntryData(new([1], null), ["nest-open"], CopiedTags: null, CacheLife.Default);
        var copied = generated with { CopiedTags = ["nest-open"] };
        Assert.Equal(CommitStatus.Superseded, (await entry.Commit(token, copied)).Status);

        token = (await entry.Acquire(new(true, false, TimeSpan.Zero))).Token;
        ledgers.ForEach(ledger => ledger.Settle(update));
        Assert.Equal(CommitStatus.Superseded, (await entry.Commit(token, copied)).Status);

        token = (await entry.Acquire(new(true, false, TimeSpan.Zero))).Token;
        Assert.Equal(CommitStatus.Stored, (await entry.Commit(token, copied)).Status);
    }

    [Fact]
    public async Task Set_OfAValueMadeFromACopy_ThatIsOlderThanAnUpdateOfItsTag_IsNotKept()
    {
        var entry = cluster.Entry("nest-set");
        var copied = new EntryData(new([1], null), [], CopiedTags: ["nest-set"], CacheLife.Default);
        var madeAt = TimeProvider.System.GetTimestamp();
        await cluster.Silos[2].RevalidateTagAsync("nest-set");
        await Settled();
        var token = await entry.BeginSet();
        var age = TimeProvider.System.GetElapsedTime(madeAt);

        Assert.Equal(CommitStatus.Superseded, (await entry.Set(token, copied, age)).Commit.Status);
        Assert.Equal(CommitStatus.Stored, (await entry.Set(await entry.BeginSet(), copied, TimeSpan.Zero)).Commit.Status);
    }

    /// <summary>What the outer factory makes of the failure depends on what the inner call was about.</summary>
    [Theory]
    [InlineData("throws")]
    [InlineData("throws after naming")]
    [InlineData("cannot be serialized")]
    [InlineData("breaks a rule")]
    public async Task InnerCall_ThatIsNotStored_GivesItsTagsAllTheSame(string what)
    {
        var (key, tag) = ($"nest-failed:{what}", $"nest-failed-{what}");
        var made = await cluster.Client.GetOrCreateAsync(key, async (_, token) =>
        {
            try
            {
                switch (what)
                {
                    case "throws after naming":
                        await cluster.Client.GetOrCreateAsync<int>($"{key}:inner", (inner, _) =>
                        {
                            inner.Tag(tag);
                            throw new FormatException();
                        }, null, token);
                        break;
                    case "cannot be serialized":
                        await cluster.Client.GetOrCreateAsync($"{key}:inner", (inner, _) =>
                        {
                            inner.Tag(tag);
                            return new ValueTask<Action>(() => { });
                        }, null, token);
                        break;
                    case "breaks a rule":
                        await cluster.Client.GetOrCreateAsync("with\ncontrol", (_, _) => new ValueTask<int>(1), new() { Tags = [tag] }, token);
                        break;
                    default:
                        await cluster.Client.GetOrCreateAsync<int>($"{key}:inner", (_, _) => throw new FormatException(), new() { Tags = [tag] }, token);
                        break;
                }
            }
            catch (Exception exception) when (exception is FormatException or ArgumentException)
            {
            }

            return "no such product";
        });

        Assert.Equal("no such product", made);
        Assert.Equal([tag], (await cluster.Client.TryGetAsync<string>(key)).Tags!);
        await cluster.Silos[0].RevalidateTagAsync(tag);
        Assert.All(await Task.WhenAll(cluster.Everyone.Select(reader => reader.TryGetAsync<string>(key).AsTask())), found => Assert.False(found.HasValue));
    }

    [Theory]
    [InlineData("update")]
    [InlineData("revalidate")]
    public async Task ChangingTags_InsideAFactory_IsRefused(string what)
    {
        using var action = ServerAction.Begin();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await cluster.Client.GetOrCreateAsync($"nest-change:{what}", async (_, token) =>
        {
            await (what == "update" ? cluster.Client.UpdateTagAsync("x", token) : cluster.Client.RevalidateTagAsync("x", CacheLife.Max, token));
            return 1;
        }));
    }

    /// <summary>What is made from a copy while an update of it is open somewhere is not kept (invariant C1): every silo has heard that it is settled.</summary>
    private Task Settled() => Events.On(CacheEvent.UpdateSettled).Until(() => cluster.Orleans.Silos.All(silo => TagCacheCluster.Get<TagLedger>(silo).Counts.OpenUpdates == 0));

    private async Task<int> Outer(string name, Func<int> source) => await cluster.Client.GetOrCreateAsync(
        $"{name}-outer",
        async (context, token) =>
        {
            context.Tag($"{name}-outer");
            var inner = await cluster.Client.GetOrCreateAsync(
                $"{name}-inner", (_, _) => new ValueTask<int>(source()), new() { Tags = [$"{name}-inner"] }, token);
            return inner * 10;
        });
}
