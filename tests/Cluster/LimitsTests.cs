using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>Bad input: a clear error that names the limit, before anything has happened.</summary>
[Collection(ClusterCollection.Name)]
public sealed class LimitsTests(TagCacheCluster cluster)
{
    // By index: a lone surrogate does not survive the runner's way with arguments.
    private static readonly (string Tag, string Limit)[] BadTags =
        [(string.Empty, "at least 1"), (new string('t', 257), "256"), ("a\nb", "U+000A"), ("a\ud800", "U+D800")];

    private static readonly (string Key, string Limit)[] BadKeys =
        [(string.Empty, "at least 1"), (new string('k', 1_025), "1024"), ("a\0b", "U+0000"), ("\udc00", "U+DC00")];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Tag_ThatBreaksALimit_IsRefusedEverywhere(int bad)
    {
        var (tag, limit) = BadTags[bad];
        using var action = ServerAction.Begin();
        var options = new CacheEntryOptions { Tags = [tag] };
        await Refused(limit, () => cluster.Client.SetAsync("limits", 1, options));
        await Refused(limit, async () => await cluster.Client.GetOrCreateAsync<int>("limits", Unreachable, options));
        await Refused(limit, () => cluster.Client.UpdateTagAsync(tag));
        await Refused(limit, () => cluster.Client.UpdateTagsAsync(["good", tag]));
        await Refused(limit, () => cluster.Client.RevalidateTagAsync(tag, CacheLife.Max));
        await Refused(limit, () => cluster.Client.RevalidateTagAsync(tag));
        await Refused(limit, async () => await cluster.Client.GetOrCreateAsync("limits", (context, _) =>
        {
            context.Tag(tag);
            return new ValueTask<int>(1);
        }));
        Assert.False((await cluster.Client.TryGetAsync<int>("limits")).HasValue);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Key_ThatBreaksALimit_IsRefusedEverywhere(int bad)
    {
        var (key, limit) = BadKeys[bad];
        await Refused(limit, () => cluster.Client.SetAsync(key, 1));
        await Refused(limit, async () => await cluster.Client.GetOrCreateAsync<int>(key, Unreachable));
        await Refused(limit, async () => await cluster.Client.TryGetAsync<int>(key));
        await Refused(limit, () => cluster.Client.RemoveAsync(key));
    }

    [Fact]
    public async Task Names_AtTheirLimits_AreTaken()
    {
        var (key, tag) = (new string('k', 1_024), new string('t', 256));
        await cluster.Client.SetAsync(key, 1, new() { Tags = [tag, .. Enumerable.Range(0, 127).Select(i => $"t{i}")] });
        await cluster.Client.RevalidateTagAsync(tag);
        Assert.False((await cluster.Client.TryGetAsync<int>(key)).HasValue);
    }

    [Fact]
    public async Task Everything_CannotBePutOnAnEntry()
    {
        await Refused("reserved", () => cluster.Client.SetAsync("limits", 1, new() { Tags = ["*"] }));
        await Refused("reserved", async () => await cluster.Client.GetOrCreateAsync("limits", (context, _) =>
        {
            context.Tag("*");
            return new ValueTask<int>(1);
        }));
    }

    [Fact]
    public async Task Tags_TooManyInACall_AreRefused()
    {
        using var action = ServerAction.Begin();
        string[] tags = [.. Enumerable.Range(0, 129).Select(i => $"t{i}")];
        await Refused("128", () => cluster.Client.UpdateTagsAsync(tags));
        await Refused("128", () => cluster.Client.RevalidateTagsAsync(tags, CacheLife.Max));
        await Refused("128", () => cluster.Client.SetAsync("limits", 1, new() { Tags = tags }));
        await Refused("At least 1", () => cluster.Client.UpdateTagsAsync([]));
    }

    /// <summary>A call may name 128, and an entry bear 1,024: with more than that it is served and not stored, and the factory does not fail.</summary>
    [Theory]
    [InlineData(1_024)]
    [InlineData(1_025)]
    public async Task Tags_OfManyCallsOfAFactory_AreStoredUpToTheLimit(int count)
    {
        var key = $"limits:many {count}";
        var made = await cluster.Client.GetOrCreateAsync(key, (context, _) =>
        {
            foreach (var some in Enumerable.Range(0, count).Select(i => $"many{i}").Chunk(128))
            {
                context.Tag(some);
            }

            return new ValueTask<int>(1);
        });
        Assert.Equal(1, made);
        var found = await cluster.Client.TryGetAsync<int>(key);
        Assert.Equal(count == 1_024, found.HasValue);
        Assert.Equal(count == 1_024 ? 1_024 : 0, found.Tags?.Count ?? 0);
    }

    [Fact]
    public async Task Value_ThatIsTooLarge_IsRefusedByASetAndServedButNotStoredByARead()
    {
        var large = new byte[(4 * 1024 * 1024) + 1];
        await Refused("4194304", () => cluster.Client.SetAsync("limits-large", large));

        Assert.Equal(large.Length, (await cluster.Client.GetOrCreateAsync("limits-large", (_, _) => new ValueTask<byte[]>(large))).Length);
        Assert.False((await cluster.Client.TryGetAsync<byte[]>("limits-large")).HasValue);

        await cluster.Client.SetAsync("limits-large", large[1..]);
        Assert.True((await cluster.Silos[0].TryGetAsync<byte[]>("limits-large")).HasValue);
    }

    [Fact]
    public async Task Profile_ThatIsUnknown_IsAnErrorAtTheCall()
    {
        var unknown = CacheLife.Profile("no such profile");
        await Refused("Known are: default, seconds", () => cluster.Client.RevalidateTagAsync("t", unknown));
        await Refused("Known are: default, seconds", () => cluster.Client.SetAsync("limits", 1, new() { Life = unknown }));
        await Refused("Known are: default, seconds", async () => await cluster.Client.GetOrCreateAsync<int>("limits", Unreachable, new() { Life = unknown }));
    }

    [Fact]
    public async Task UpdateTag_OutsideAServerAction_IsRefusedBeforeAnythingElse()
    {
        await cluster.Client.SetAsync("action", 1, new() { Tags = ["action"] });
        var error = await Assert.ThrowsAsync<ServerActionRequiredException>(async () => await cluster.Client.UpdateTagAsync("action"));
        Assert.Equal(
            "UpdateTagAsync can only be called from within a server action. To invalidate cache tags in route handlers or other contexts, use RevalidateTagAsync.",
            error.Message);
        await Assert.ThrowsAsync<ServerActionRequiredException>(async () => await cluster.Client.UpdateTagsAsync([string.Empty]));
        Assert.True((await cluster.Client.TryGetAsync<int>("action")).HasValue);
    }

    private static ValueTask<int> Unreachable(CacheContext context, CancellationToken cancellationToken) =>
        throw new NotSupportedException("The factory must not run.");

    private static async Task Refused(string limit, Func<ValueTask> call)
    {
        var error = await Assert.ThrowsAnyAsync<ArgumentException>(() => call().AsTask());
        Assert.Contains(limit, error.Message, StringComparison.Ordinal);
    }
}
