using Microsoft.Extensions.Caching.Hybrid;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>What HybridCache is given that breaks a rule or a limit: it is served, not stored, and does no harm to what is stored.</summary>
[Collection(AdapterCollection.Name)]
public sealed class HybridCacheRulesTests(AdapterCluster cluster)
{
    private readonly HybridCache[] _nodes = [.. cluster.Nodes.Select(HybridCacheTests.CacheOn)];

    private HybridCache Node => _nodes[0];

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("with\u0007bell")]
    public async Task KeyThatBreaksARule_IsNotCached_ButServed(string key)
    {
        Assert.Equal(1, await Node.GetOrCreateAsync(key, _ => ValueTask.FromResult(1)));
        Assert.Equal(2, await Node.GetOrCreateAsync(key, _ => ValueTask.FromResult(2)));
        await Node.SetAsync(key, 3);
        await Node.RemoveAsync(key);
        Assert.Equal(4, await Node.GetOrCreateAsync("\ud800", _ => ValueTask.FromResult(4)));
        Assert.Equal(5, await Node.GetOrCreateAsync("\ud800", _ => ValueTask.FromResult(5)));
        Assert.Equal(4, await Node.GetOrCreateAsync(new string('k', 1_025), _ => ValueTask.FromResult(4)));
    }

    [Fact]
    public async Task Tags_UpToWhatAnEntryMayBear_AreStored_AndRemoved()
    {
        string[] tags = [.. Enumerable.Range(0, 1_024).Select(i => $"hybrid many {i}")];
        Assert.Equal(1, await Node.GetOrCreateAsync("hybrid:many", _ => ValueTask.FromResult(1), tags: tags));
        Assert.Equal(1, await _nodes[1].GetOrCreateAsync("hybrid:many", _ => ValueTask.FromResult(2), tags: tags));
        await _nodes[2].RemoveByTagAsync(tags[^1]);
        Assert.Equal(3, await Node.GetOrCreateAsync("hybrid:many", _ => ValueTask.FromResult(3), tags: tags));
        await Node.SetAsync("hybrid:many", 4, tags: tags);
        Assert.Equal(4, await _nodes[1].GetOrCreateAsync("hybrid:many", _ => ValueTask.FromResult(5), tags: tags));
    }

    [Theory]
    [InlineData("many")]
    [InlineData("long")]
    [InlineData("control")]
    [InlineData("surrogate")]
    public async Task TagsThatBreakARule_AreServed_NotStored_AndRemoveNothing(string what)
    {
        var key = $"hybrid:bad tags {what}";
        string[] tags = what switch
        {
            "many" => [.. Enumerable.Range(0, 1_025).Select(i => $"hybrid many {i}")],
            "long" => ["hybrid sound", new('t', 257)],
            "control" => ["hybrid sound", "with\u0007bell"],
            _ => ["hybrid sound", "\ud800"],
        };
        Assert.Equal(1, await Node.GetOrCreateAsync(key, _ => ValueTask.FromResult(1), tags: tags));
        Assert.Equal(2, await Node.GetOrCreateAsync(key, _ => ValueTask.FromResult(2), tags: tags));
        Assert.Equal(3, await Node.GetOrCreateAsync(key, (_, _) => ValueTask.FromResult(3), tags: tags));
        await Node.SetAsync(key, 4);
        await Node.RemoveByTagAsync(tags[^1]);
        await Node.RemoveByTagAsync(tags);
        Assert.Equal(4, await Node.GetOrCreateAsync(key, _ => ValueTask.FromResult(5), tags: tags));

        // What is there is old now.
        await Node.SetAsync(key, 6, tags: tags);
        Assert.Equal(7, await _nodes[1].GetOrCreateAsync(key, _ => ValueTask.FromResult(7)));
    }

    [Fact]
    public async Task WhiteSpace_IsNoTag()
    {
        Assert.Equal(1, await Node.GetOrCreateAsync("hybrid:white", _ => ValueTask.FromResult(1), tags: [" ", "hybrid white", "\t", null!]));
        Assert.Equal(["hybrid white"], (await ((ITagCache)cluster.Client).TryGetAsync<int>("hybrid:white")).Tags);
        await Node.RemoveByTagAsync("hybrid white");
        Assert.Equal(2, await Node.GetOrCreateAsync("hybrid:white", _ => ValueTask.FromResult(2)));
    }

    /// <summary>An outer entry depends on what it was made from, though that could not be cached itself.</summary>
    [Theory]
    [InlineData("hybrid:inner", "with\u0007bell")]
    [InlineData("with\u0007bell", "hybrid sound inner")]
    public async Task InnerCallThatBreaksARule_LeavesItsSoundTagsToTheOuterEntry(string inner, string tag)
    {
        var outer = $"hybrid:outer of {tag.Length}";
        await Make("old");
        Assert.Equal("old", await Make("new"));
        await _nodes[1].RemoveByTagAsync("hybrid sound inner");
        Assert.Equal("new", await Make("new"));

        async Task<string> Make(string value) => await Node.GetOrCreateAsync(
            outer, async token => await Node.GetOrCreateAsync(inner, _ => ValueTask.FromResult(value), tags: ["hybrid sound inner", tag], cancellationToken: token));
    }

    [Fact]
    public async Task ValueThatIsTooLarge_IsUsedAndNotStored()
    {
        var large = new byte[100_000];
        Assert.Equal(large.Length, (await Node.GetOrCreateAsync("hybrid:large", _ => ValueTask.FromResult(large))).Length);
        Assert.Equal(3, (await Node.GetOrCreateAsync("hybrid:large", _ => ValueTask.FromResult(new byte[3]))).Length);
        await Node.SetAsync("hybrid:large", large);
        Assert.Equal(2, (await _nodes[1].GetOrCreateAsync("hybrid:large", _ => ValueTask.FromResult(new byte[2]))).Length);
    }

    /// <summary>It is not cached, and says all the same what the entry is about that is made from it.</summary>
    [Fact]
    public async Task KeyThatBreaksARule_GivesItsTagsToTheEntryThatIsMadeFromIt()
    {
        await Node.GetOrCreateAsync("hybrid:nested", async token =>
            await Node.GetOrCreateAsync("with\ncontrol", _ => ValueTask.FromResult(1), tags: ["hybrid-nested"], cancellationToken: token));

        Assert.Equal(["hybrid-nested"], (await ((ITagCache)cluster.Client).TryGetAsync<int>("hybrid:nested")).Tags!);
    }

    [Fact]
    public async Task NothingSensible_DoesNothing()
    {
        await Node.RemoveByTagAsync(" ");
        await Node.RemoveByTagAsync((IEnumerable<string>)null!);
        await Node.RemoveAsync((IEnumerable<string>)null!);
        await Assert.ThrowsAsync<ArgumentException>(() => Node.SetAsync("hybrid:star", 1, tags: ["*"]).AsTask());
        await Assert.ThrowsAsync<ArgumentNullException>(() => Node.GetOrCreateAsync("hybrid:none", 1, (Func<int, CancellationToken, ValueTask<int>>)null!).AsTask());
    }
}
