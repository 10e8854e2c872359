using OrleansTagCache.Invalidation;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary><c>/v1/events</c> of one silo, and the audit log of the changes that it tells of.</summary>
[Collection(KeyedSiloCollection.Name)]
public sealed class EventsTests(KeyedSilo silo) : IDisposable
{
    private readonly HttpClient _shop = silo.With(silo.All);
    private readonly HttpClient _blog = silo.With(silo.Other);

    public void Dispose()
    {
        _shop.Dispose();
        _blog.Dispose();
    }

    [Fact]
    public async Task Updates_AreTold_AndOnlyThoseOfTheNamespace()
    {
        await using var reader = await Open(_shop, "/v1/events");
        await Update(_blog, "blog:only");
        await Update(_shop, "events:a", "events:b");
        Assert.Equal(200, (await _shop.Post("/v1/tags/revalidate", new { tags = new[] { "events:c" }, profile = "hours" })).Status);
        await Update(_shop, "*");

        Assert.Equal(["events:a", "events:b"], Tags(await reader.Next("update")).Order());
        Assert.Equal(["events:c"], Tags(await reader.Next("revalidate")));
        Assert.Equal(["*"], Tags(await reader.Next("update")));
    }

    [Fact]
    public async Task Update_OfAllOfSeveralTags_SaysSo()
    {
        await using var reader = await Open(_shop, "/v1/events?tag=all:a");
        Assert.Equal(200, (await _shop.Post("/v1/tags/update", new { tags = new[] { "all:a", "all:b" }, match = "all" })).Status);
        await Update(_shop, "all:a");

        var all = await reader.Next("update");
        Assert.Equal("all", all.GetProperty("match").GetString());
        Assert.Equal(["all:a", "all:b"], Tags(all).Order());
        Assert.False((await reader.Next("update")).TryGetProperty("match", out _));
    }

    [Fact]
    public async Task Filter_TakesItsTagsAndTypes_AndEverything()
    {
        await using var reader = await Open(_shop, "/v1/events?tag=filter:a&tag=filter:b&types=update");
        await Update(_shop, "filter:other");
        Assert.Equal(200, (await _shop.Post("/v1/tags/revalidate", new { tags = new[] { "filter:a" }, profile = "hours" })).Status);
        await Update(_shop, "*");
        await Update(_shop, "filter:b");

        Assert.Equal(["*"], Tags(await reader.Next("update")));
        Assert.Equal(["filter:b"], Tags(await reader.Next("update")));
    }

    [Fact]
    public async Task Reader_ThatComesBack_GetsWhatItMissed()
    {
        string? position;
        await using (var reader = await Open(_shop, "/v1/events?tag=back"))
        {
            await Update(_shop, "back");
            position = (await reader.Next())?.Id;
        }

        await Update(_shop, "back");
        await Update(_shop, "back:other");
        await Update(_shop, "back");

        // The header says more than the query, which a browser sends as it was.
        await using var again = await EventReader.Open(_shop, "/v1/events?tag=back&after=none", position);
        Assert.Equal(["back"], Tags(await again.Next("update")));
        Assert.Equal(["back"], Tags(await again.Next("update")));
        await Update(_shop, "back:last", "back");
        Assert.Contains("back:last", Tags(await again.Next("update")));
    }

    [Fact]
    public async Task Reader_ThatComesBackToSilence_IsAnsweredAtOnce()
    {
        var begun = TimeProvider.System.GetTimestamp();
        await using var reader = await Open(_shop, "/v1/events?tag=silence");
        Assert.InRange(TimeProvider.System.GetElapsedTime(begun).TotalSeconds, 0, 5);
    }

    [Fact]
    public async Task Position_ThatIsNotKnown_IsAGap()
    {
        var foreign = new Journal.EventPosition(new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero), new Dictionary<Guid, long> { [Guid.NewGuid()] = 1 });
        await using var reader = await EventReader.Open(_shop, $"/v1/events?after={foreign}");
        var gap = await reader.Next("gap");
        Assert.Equal(("2030-01-01T00:00:00+00:00", "unknown_position"), (gap.GetProperty("since").GetString(), gap.GetProperty("reason").GetString()));
        await Update(_shop, "gap");
        Assert.Equal(["gap"], Tags(await reader.Next("update")));
    }

    [Theory]
    [InlineData("/v1/events?after=none")]
    [InlineData("/v1/events?types=all")]
    [InlineData("/v1/events?tag=")]
    public async Task Query_ThatIsWrong_IsRefused(string path) => (await _shop.Ask(path)).IsProblem(400, "invalid_argument");

    [Fact]
    public async Task Hold_IsToldWhenItEnds()
    {
        await using var reader = await Open(_shop, "/v1/events?tag=held&tag=after");
        var id = await _shop.TakeHold("held");
        await Update(_shop, "after");
        Assert.Equal(200, (await _shop.Release(id, "held")).Status);

        Assert.Equal(["after"], Tags(await reader.Next("update")));
        Assert.Equal(["held"], Tags(await reader.Next("update")));
    }

    [Fact]
    public async Task Changes_AreAudited_WithTheNameOfTheKeyAndNotTheKey()
    {
        await Update(_shop, "audit:1", "audit:2", "audit:3", "audit:<4>");
        Assert.Equal(204, (await _shop.Delete("audit:key")).Status);
        var name = silo.All.Split('_')[1];

        await silo.Log.Says("Information OrleansTagCache.Audit: update of 4 (", "Information OrleansTagCache.Audit: remove of 1 (\"audit:key\") by \"", $"by \"{name}\" from 127.0.0.1: done");
        Assert.DoesNotContain(silo.All, silo.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("audit:<4>", silo.Log.Text, StringComparison.Ordinal);
    }

    /// <summary>A stream whose reader stands at the end of the log.</summary>
    private async Task<EventReader> Open(HttpClient http, string path)
    {
        var position = silo.Get<Invalidator>().EventsFromNow().Position;
        return await EventReader.Open(http, path, position.ToString());
    }

    private static async Task Update(HttpClient http, params string[] tags) => Assert.Equal(200, (await http.Update(tags)).Status);

    private static IEnumerable<string?> Tags(System.Text.Json.JsonElement told) => told.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString());
}
