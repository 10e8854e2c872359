using System.Text.Json;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary><c>POST /v1/tags/update</c> and <c>POST /v1/tags/revalidate</c>.</summary>
[Collection(SiloCollection.Name)]
public sealed class TagChangeTests(SiloServer silo)
{
    private readonly HttpClient _http = silo.Http;

    [Fact]
    public async Task Update_OfATag_ExpiresItsDependentsAndNoOthers()
    {
        (await _http.Put("update:1", "1", "&tag=update:a")).IsDone();
        (await _http.Put("update:2", "2", "&tag=update:b&tag=update:a")).IsDone();
        (await _http.Put("update:3", "3", "&tag=update:b")).IsDone();

        IsChanged(await _http.Update("update:a"), tags: 1);

        await _http.TakeToken("update:1");
        await _http.TakeToken("update:2");
        (await _http.Read("update:3")).IsHit("3");
    }

    [Fact]
    public async Task Update_OfSeveralTags_ExpiresTheDependentsOfEachAndCountsEachOnce()
    {
        (await _http.Put("several:1", "1", "&tag=several:a")).IsDone();
        (await _http.Put("several:2", "2", "&tag=several:b")).IsDone();

        IsChanged(await _http.Update("several:a", "several:b", "several:a"), tags: 2);

        await _http.TakeToken("several:1");
        await _http.TakeToken("several:2");
    }

    /// <summary>As many as an entry may have, each as long as a tag may be.</summary>
    [Theory]
    [InlineData("update")]
    [InlineData("revalidate")]
    public async Task Change_OfAsManyTagsAsAnEntryMayHave_ReachesTheDependentsOfEach(string call)
    {
        string[] tags = [.. Enumerable.Range(1_000, 1_024).Select(i => i + call[0] + new string('\u5b57', 251))];
        foreach (var i in new[] { 0, 511, 1_023 })
        {
            (await _http.Put($"{call}:many:{i}", "1", $"&life=max&tag={SiloCalls.Escape(tags[i])}")).IsDone();
        }

        var body = System.Text.Encoding.UTF8.GetBytes($$"""{"tags":["{{string.Join("\",\"", tags)}}"]{{(call == "update" ? string.Empty : ",\"profile\":\"max\"")}}}""");
        IsChanged(await _http.Send(HttpMethod.Post, $"/v1/tags/{call}", SiloCalls.Body(body)), tags: 1_024);

        foreach (var i in new[] { 0, 511, 1_023 })
        {
            var read = await _http.Read($"{call}:many:{i}");
            Assert.Equal(call == "update" ? 404 : 200, read.Status);
            Assert.NotNull(read.Token);
        }
    }

    [Theory]
    [InlineData("all", false)]
    [InlineData("any", true)]
    [InlineData(null, true)]
    public async Task Update_WithAMatch_ExpiresWhatBearsAllOfTheTags_OrAny(string? match, bool isOneExpired)
    {
        var name = $"match:{match}";
        (await _http.Put($"{name}:1", "1", $"&tag={name}:a&tag={name}:b")).IsDone();
        (await _http.Put($"{name}:2", "2", $"&tag={name}:b")).IsDone();

        IsChanged(await _http.Post("/v1/tags/update", new { tags = new[] { $"{name}:a", $"{name}:b" }, match }), tags: 2);

        await _http.TakeToken($"{name}:1");
        if (isOneExpired)
        {
            await _http.TakeToken($"{name}:2");
        }
        else
        {
            (await _http.Read($"{name}:2")).IsHit("2");
        }
    }

    [Theory]
    [InlineData("\"ALL\"")]
    [InlineData("\"\"")]
    [InlineData("1")]
    [InlineData("[\"all\"]")]
    public async Task Update_WithAnotherMatch_IsRefused(string match)
    {
        var reply = await _http.Send(HttpMethod.Post, "/v1/tags/update", SiloCalls.Body($$"""{"tags":["a","b"],"match":{{match}}}"""));

        Assert.Equal(400, reply.Status);
    }

    [Fact]
    public async Task Update_OfAsManyTagsAsACallMayName_IsDone() =>
        IsChanged(await _http.Update([.. Enumerable.Range(0, 128).Select(i => $"{i}:{new string('t', 250)}")]), tags: 128);

    [Fact]
    public async Task Update_OfATagThatNothingBears_IsDone() => IsChanged(await _http.Update("update:nothing"), tags: 1);

    [Fact]
    public async Task Update_OfEverything_ExpiresEveryEntry()
    {
        (await _http.Put("everything:1", "1", "&tag=everything:a")).IsDone();
        (await _http.Put("everything:2", "2")).IsDone();

        IsChanged(await _http.Update("*"), tags: 1);

        await _http.TakeToken("everything:1");
        await _http.TakeToken("everything:2");
    }

    [Fact]
    public async Task Update_OfATagInAnotherCase_LeavesTheDependents()
    {
        (await _http.Put("update:case", "1", "&tag=update:Case")).IsDone();

        IsChanged(await _http.Update("update:case"), tags: 1);

        (await _http.Read("update:case")).IsHit("1");
    }

    [Fact]
    public async Task Update_OfAStaleEntry_ExpiresIt()
    {
        (await _http.Put("update:stale", "1", "&tag=update:stale:tag&revalidate=0&expire=3600")).IsDone();

        IsChanged(await _http.Update("update:stale:tag"), tags: 1);

        await _http.TakeToken("update:stale");
    }

    [Fact]
    public async Task Update_AfterEveryPut_IsSeenByTheNextRead()
    {
        for (var round = 0; round < 50; round++)
        {
            // Right after an update a set may leave nothing: its value counts as made before.
            var puts = 0;
            do
            {
                Assert.InRange(++puts, 1, 100);
                (await _http.Put("update:rounds", $"{round}", "&tag=update:rounds:tag")).IsDone();
            }
            while ((await _http.Info("update:rounds")).Status == 404);

            (await _http.Read("update:rounds")).IsHit($"{round}");
            IsChanged(await _http.Update("update:rounds:tag"), tags: 1);
            (await _http.Info("update:rounds")).IsProblem(404, "not_found");
        }
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    [InlineData(null)]
    public async Task Update_WithAnyContentType_ReadsTheBodyAsJson(string? contentType) => IsChanged(
        await _http.Send(HttpMethod.Post, "/v1/tags/update", SiloCalls.Body("""{"tags":["update:\u0074ype"]}""", contentType)), tags: 1);

    [Theory]
    [InlineData("profile", """{"tags":["revalidate:profile"],"profile":"max"}""")]
    [InlineData("case", """{"tags":["revalidate:case"],"profile":"HOURS"}""")]
    [InlineData("seconds", """{"tags":["revalidate:seconds"],"expire":3600}""")]
    [InlineData("fraction", """{"tags":["revalidate:fraction"],"expire":3599.5,"profile":null}""")]
    [InlineData("forever", """{"tags":["revalidate:forever"],"profile":"default"}""")]
    public async Task Revalidate_OfATag_ServesItsDependentsStaleAndGivesOneToken(string name, string body)
    {
        (await _http.Put($"revalidate:{name}", "old", $"&life=hours&tag=revalidate:{name}")).IsDone();

        IsChanged(await _http.Send(HttpMethod.Post, "/v1/tags/revalidate", SiloCalls.Body(body)), tags: 1);

        var first = await _http.Read($"revalidate:{name}");
        var second = await _http.Read($"revalidate:{name}");
        Assert.Equal(("old", "old"), (first.Text, second.Text));
        Assert.True(first.Ttl < 0, first.CacheStatus);
        Assert.True(second.Ttl < 0, second.CacheStatus);
        Assert.NotNull(first.Token);
        Assert.Null(second.Token);

        (await _http.Put($"revalidate:{name}", "new", $"&life=hours&tag=revalidate:{name}", first.Token)).IsDone();
        (await _http.Read($"revalidate:{name}")).IsHit("new");
    }

    [Theory]
    [InlineData("zero", """{"tags":["legacy:zero"],"expire":0}""")]
    [InlineData("neither", """{"tags":["legacy:neither"]}""")]
    [InlineData("nulls", """{"tags":["legacy:nulls"],"profile":null,"expire":null}""")]
    public async Task Revalidate_ForNoTimeOrWithoutAProfile_IsAnUpdate(string name, string body)
    {
        (await _http.Put($"legacy:{name}", "old", $"&life=hours&tag=legacy:{name}")).IsDone();
        var other = await _http.TakeToken($"legacy:{name}:other");

        IsChanged(await _http.Send(HttpMethod.Post, "/v1/tags/revalidate", SiloCalls.Body(body)), tags: 1);

        await _http.TakeToken($"legacy:{name}");
        (await _http.Put($"legacy:{name}:other", "old", $"&tag=legacy:{name}", other)).IsProblem(409, "superseded");
        var tag = (await _http.Ask($"/v1/tag?tag=legacy:{name}")).Json;
        Assert.Equal(JsonValueKind.Number, tag.GetProperty("lastUpdate").ValueKind);
        Assert.Equal(JsonValueKind.Null, tag.GetProperty("lastRevalidation").ValueKind);
    }

    [Fact]
    public async Task Revalidate_WithBothAProfileAndSeconds_IsRefusedAndChangesNothing()
    {
        (await _http.Put("revalidate:both", "1", "&tag=revalidate:both:tag")).IsDone();

        var reply = await _http.Post("/v1/tags/revalidate", new { tags = new[] { "revalidate:both:tag" }, profile = "max", expire = 60 });

        var detail = reply.IsProblem(400, "invalid_argument");
        Assert.Contains("'profile'", detail, StringComparison.Ordinal);
        Assert.Contains("'expire'", detail, StringComparison.Ordinal);
        (await _http.Read("revalidate:both")).IsHit("1");
    }

    [Fact]
    public async Task Revalidate_WhileAnEntryIsGenerated_StoresItStale()
    {
        var token = await _http.TakeToken("revalidate:generated");
        IsChanged(await _http.Post("/v1/tags/revalidate", new { tags = new[] { "revalidate:generated:tag" }, expire = 3600 }), tags: 1);

        (await _http.Put("revalidate:generated", "old", "&life=hours&tag=revalidate:generated:tag", token)).IsDone();

        var reply = await _http.Read("revalidate:generated");
        Assert.True(reply.Ttl < 0, reply.CacheStatus);
        Assert.NotNull(reply.Token);
    }

    private static void IsChanged(Reply reply, int tags)
    {
        Assert.Equal((200, "no-store"), (reply.Status, reply.Header("Cache-Control")));
        Assert.Equal(["tags", "members", "elapsedMs"], reply.Json.EnumerateObject().Select(property => property.Name));
        Assert.Equal(tags, reply.Json.GetProperty("tags").GetInt32());
        Assert.Equal(1, reply.Json.GetProperty("members").GetInt32());
        Assert.InRange(reply.Json.GetProperty("elapsedMs").GetDouble(), 0, 60_000);
    }
}
