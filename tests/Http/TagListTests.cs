using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary><c>GET /v1/tags</c>.</summary>
[Collection(SiloCollection.Name)]
public sealed class TagListTests(SiloServer silo)
{
    private readonly HttpClient _http = silo.Http;

    [Fact]
    public async Task Tags_OfLiveEntries_AreListedInOrderWithTheirDependents()
    {
        foreach (var (key, tags) in new[] { ("1", "&tag=list:b&tag=list:a"), ("2", "&tag=list:c&tag=list:a"), ("3", "&tag=list:B"), ("gone", "&tag=list:gone"), ("dead", "&tag=list:dead") })
        {
            (await _http.Put($"list:{key}", "1", tags)).IsDone();
        }

        (await _http.Delete("list:gone")).IsDone();
        Assert.Equal(200, (await _http.Update("list:dead")).Status);

        var reply = await _http.Ask("/v1/tags?prefix=list:");

        Assert.Equal((200, "no-store"), (reply.Status, reply.Header("Cache-Control")));
        Assert.Equal(
            """{"tags":[{"tag":"list:B","dependents":1},{"tag":"list:a","dependents":2},{"tag":"list:b","dependents":1},{"tag":"list:c","dependents":1}],"next":null,"unreachableSilos":0}""",
            reply.Text);
    }

    [Fact]
    public async Task Pages_AreWholeAndFollowEachOther()
    {
        // In an order in which a page is filled with what does not stay in it.
        for (var i = 19; i >= 0; i--)
        {
            (await _http.Put($"list:page:{i}", "1", $"&tag=listed:{i:00}&tag=listed:{i / 2:00}")).IsDone();
        }

        var (found, after) = (new List<(string?, long)>(), (string?)"listed:");
        for (var pages = 0; after is not null; pages++)
        {
            Assert.InRange(pages, 0, 6);
            var page = (await _http.Ask($"/v1/tags?prefix=listed:&limit=3&after={after}")).Json;
            var tags = page.GetProperty("tags").EnumerateArray().ToList();
            Assert.Equal(pages == 6 ? 2 : 3, tags.Count);
            found.AddRange(tags.Select(tag => (tag.GetProperty("tag").GetString(), tag.GetProperty("dependents").GetInt64())));
            after = page.GetProperty("next").GetString();
        }

        // The first entry bears the first tag once, though it was named twice.
        Assert.Equal(Enumerable.Range(0, 20).Select(i => ((string?)$"listed:{i:00}", i == 0 ? 2L : i < 10 ? 3 : 1)), found);
    }

    [Fact]
    public async Task Tags_WithoutAPrefix_AreAHundredAtMost()
    {
        (await _http.Put("list:many", "1", string.Concat(Enumerable.Range(0, 101).Select(i => $"&tag=!{i:000}")))).IsDone();

        var page = (await _http.Ask("/v1/tags")).Json;
        Assert.Equal(100, page.GetProperty("tags").GetArrayLength());
        Assert.Equal(page.GetProperty("tags")[99].GetProperty("tag").GetString(), page.GetProperty("next").GetString());
        Assert.Equal("[]", (await _http.Ask("/v1/tags?prefix=nothing:")).Json.GetProperty("tags").GetRawText());
    }
}
