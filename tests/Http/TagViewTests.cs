using System.Text.Json;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary><c>GET /v1/tag</c> and <c>GET /v1/tag/entries</c>.</summary>
[Collection(SiloCollection.Name)]
public sealed class TagViewTests(SiloServer silo)
{
    private readonly HttpClient _http = silo.Http;

    [Fact]
    public async Task Tag_WithDependents_CountsThemAndNamesTheirSilos()
    {
        for (var i = 0; i < 3; i++)
        {
            (await _http.Put($"view:count:{i}", "1", "&tag=view:count&tag=view:count:other")).IsDone();
        }

        var reply = await _http.Ask("/v1/tag?tag=view:count");

        Assert.Equal((200, "no-store"), (reply.Status, reply.Header("Cache-Control")));
        Assert.Equal(
            ["tag", "dependents", "silos", "lastUpdate", "lastRevalidation", "pendingRefresh", "unreachableSilos"],
            reply.Json.EnumerateObject().Select(property => property.Name));
        Assert.Equal("view:count", reply.Json.GetProperty("tag").GetString());
        Assert.Equal(3, reply.Json.GetProperty("dependents").GetInt32());
        var self = (await _http.Ask("/v1/cluster")).Json.GetProperty("silo").GetString();
        Assert.Equal($$"""[{"silo":"{{self}}","dependents":3}]""", reply.Json.GetProperty("silos").GetRawText());
        Assert.Equal(JsonValueKind.Null, reply.Json.GetProperty("lastUpdate").ValueKind);
        Assert.Equal(JsonValueKind.Null, reply.Json.GetProperty("lastRevalidation").ValueKind);
        Assert.Equal(0, reply.Json.GetProperty("unreachableSilos").GetInt32());
    }

    [Fact]
    public async Task Tag_OfNothing_HasNoDependents()
    {
        var reply = await _http.Ask("/v1/tag?tag=view:nothing");

        Assert.Equal((200, 0), (reply.Status, reply.Json.GetProperty("dependents").GetInt32()));
        Assert.Equal("[]", reply.Json.GetProperty("silos").GetRawText());
    }

    [Fact]
    public async Task Tag_OfAnEntryThatIsReplacedRemovedOrUpdated_CountsItNoMore()
    {
        foreach (var name in new[] { "replaced", "removed", "updated", "kept" })
        {
            (await _http.Put($"view:{name}", "1", $"&tag=view:leaving&tag=view:leaving:{name}")).IsDone();
        }

        Assert.Equal(["view:kept", "view:removed", "view:replaced", "view:updated"], await Dependents("view:leaving"));
        (await _http.Put("view:replaced", "2", "&tag=view:elsewhere")).IsDone();
        (await _http.Delete("view:removed")).IsDone();
        Assert.Equal(200, (await _http.Update("view:leaving:updated")).Status);

        Assert.Equal(1, (await _http.Ask("/v1/tag?tag=view:leaving")).Json.GetProperty("dependents").GetInt32());
        Assert.Equal(["view:kept"], await Dependents("view:leaving"));
        Assert.Equal(["view:replaced"], await Dependents("view:elsewhere"));
    }

    [Fact]
    public async Task Tag_AfterAnUpdate_TellsHowLongAgo()
    {
        Assert.Equal(200, (await _http.Update("view:updated:tag")).Status);

        var tag = (await _http.Ask("/v1/tag?tag=view:updated:tag")).Json;

        Assert.InRange(tag.GetProperty("lastUpdate").GetDouble(), 0, 60);
        Assert.Equal(JsonValueKind.Null, tag.GetProperty("lastRevalidation").ValueKind);
    }

    [Fact]
    public async Task Tag_AfterARevalidation_TellsHowLongAgoAndKeepsItsDependents()
    {
        (await _http.Put("view:revalidated", "1", "&tag=view:revalidated:tag")).IsDone();
        Assert.Equal(200, (await _http.Post("/v1/tags/revalidate", new { tags = new[] { "view:revalidated:tag" }, profile = "max" })).Status);

        var tag = (await _http.Ask("/v1/tag?tag=view:revalidated:tag")).Json;

        Assert.InRange(tag.GetProperty("lastRevalidation").GetDouble(), 0, 60);
        Assert.Equal(JsonValueKind.Null, tag.GetProperty("lastUpdate").ValueKind);
        Assert.Equal(1, tag.GetProperty("dependents").GetInt32());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(1_000)]
    public async Task Entries_PageByPage_CoverEveryDependentOnceInOrdinalOrder(int limit)
    {
        string[] keys =
        [
            "page:", "page:A", "page:B", "page:Z", "page:a", "page:a ", "page:a&after=b", "page:b", "page:é", "page:字", "page:😀", "page:\uffe6",
        ];
        foreach (var key in keys.Reverse())
        {
            (await _http.Put(key, "1", "&tag=page:tag")).IsDone();
        }

        var pages = new List<string[]>();
        string? next = null;
        do
        {
            var after = next is null ? string.Empty : $"&after={SiloCalls.Escape(next)}";
            var reply = await _http.Ask($"/v1/tag/entries?tag=page:tag&limit={limit}{after}");
            Assert.Equal((200, "no-store"), (reply.Status, reply.Header("Cache-Control")));
            Assert.Equal(["tag", "entries", "next", "unreachableSilos"], reply.Json.EnumerateObject().Select(property => property.Name));
            Assert.Equal(("page:tag", 0), (reply.Json.GetProperty("tag").GetString(), reply.Json.GetProperty("unreachableSilos").GetInt32()));
            pages.Add(Strings(reply.Json.GetProperty("entries")));
            next = reply.Json.GetProperty("next").GetString();
            Assert.True(next is null || next == pages[^1][^1]);
        }
        while (next is not null);

        Assert.Equal(keys.Order(StringComparer.Ordinal), pages.SelectMany(page => page));
        Assert.Equal((keys.Length + limit - 1) / limit, pages.Count);
        Assert.All(pages.SkipLast(1), page => Assert.Equal(limit, page.Length));
    }

    [Fact]
    public async Task Entries_WithoutALimit_AreAHundred()
    {
        await Task.WhenAll(Enumerable.Range(0, 101).Select(i => _http.Put($"hundred:{i:D3}", "1", "&tag=hundred")));

        var page = (await _http.Ask("/v1/tag/entries?tag=hundred")).Json;

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"hundred:{i:D3}"), Strings(page.GetProperty("entries")));
        Assert.Equal("hundred:099", page.GetProperty("next").GetString());
    }

    [Fact]
    public async Task Entries_AfterAKeyThatIsNoDependent_BeginBehindIt()
    {
        (await _http.Put("after:1", "1", "&tag=after")).IsDone();
        (await _http.Put("after:3", "1", "&tag=after")).IsDone();

        Assert.Equal(["after:3"], await Dependents("after", "&after=after:2"));
        Assert.Empty(await Dependents("after", "&after=after:3"));
    }

    [Fact]
    public async Task Entries_OfEverything_HoldEntriesWithoutTags()
    {
        (await _http.Put("untagged:1", "1")).IsDone();

        Assert.Contains("untagged:1", await Dependents("*", "&after=untagged:0&limit=1"));
    }

    private async Task<string[]> Dependents(string tag, string query = "") =>
        Strings((await _http.Ask($"/v1/tag/entries?tag={SiloCalls.Escape(tag)}{query}")).Json.GetProperty("entries"));

    private static string[] Strings(JsonElement array) => [.. array.EnumerateArray().Select(item => item.GetString()!)];
}
