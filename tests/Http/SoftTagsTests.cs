using OrleansTagCache.Contracts;
using OrleansTagCache.Membership;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary><c>soft=</c> of <c>GET /v1/entry</c>, and <c>"remember": true</c> of updates and revalidations.</summary>
[Collection(SiloCollection.Name)]
public sealed class SoftTagsTests(SiloServer silo)
{
    private readonly HttpClient _http = silo.Http;

    [Fact]
    public async Task Update_ThatIsRemembered_IsAMissForReadersOfItsTags_AndAHitForOthers()
    {
        (await _http.Put("soft:1", "old", "&tag=soft:own")).IsDone();
        (await Read("soft:1", "soft:page", "soft:layout")).IsHit("old");

        Assert.Equal(200, (await _http.Update("soft:page")).Status);
        (await Read("soft:1", "soft:page", "soft:layout")).IsHit("old");
        Assert.Equal(200, (await Remember("update", "soft:page")).Status);

        (await _http.Read("soft:1")).IsHit("old");
        (await Read("soft:1", "soft:layout")).IsHit("old");
        var token = (await Read("soft:1", "soft:layout", "soft:page")).IsMissWithToken();
        (await _http.Put("soft:1", "new", "&tag=soft:own", token)).IsDone();

        // What is kept near for readers of no soft tags is as good for them as it was.
        (await Read("soft:1", "soft:layout", "soft:page")).IsHit("new");
    }

    [Fact]
    public async Task Revalidation_ThatIsRemembered_IsStaleForReadersOfItsTags()
    {
        (await _http.Put("soft:2", "value")).IsDone();
        Assert.Equal(200, (await _http.Post("/v1/tags/revalidate", new { tags = new[] { "soft:stale" }, expire = 600, remember = true })).Status);

        Assert.True((await _http.Read("soft:2")).Ttl >= 0);
        var stale = await Read("soft:2", "soft:stale");
        Assert.Equal((200, "value", true), (stale.Status, stale.Text, stale.Ttl < 0));
        (await _http.Abandon("soft:2", stale.Token)).IsDone();
    }

    /// <summary>Without a deadline it is an update.</summary>
    [Fact]
    public async Task Revalidation_WithoutADeadline_IsAMissForReadersOfItsTags()
    {
        (await _http.Put("soft:3", "value")).IsDone();
        Assert.Equal(200, (await Remember("revalidate", "soft:at once")).Status);
        (await Read("soft:3", "soft:at once")).IsMissWithToken();
        (await _http.Read("soft:3")).IsHit("value");
    }

    /// <summary>What a reader looks at decides it, also when it only looks.</summary>
    [Fact]
    public async Task Head_WithSoftTags_SaysWhatAReadWould()
    {
        (await _http.Put("soft:4", "value")).IsDone();
        Assert.Equal(200, (await Remember("update", "soft:head")).Status);
        Assert.Equal(404, (await _http.Send(HttpMethod.Head, "/v1/entry?key=soft:4&wait=0&soft=soft:head")).Status);
        Assert.Equal(200, (await _http.Send(HttpMethod.Head, "/v1/entry?key=soft:4&wait=0&soft=soft:other")).Status);
    }

    [Fact]
    public async Task Reader_OfATagThatWasUpdated_DoesNotWaitForAGenerationFromBefore()
    {
        var token = await _http.TakeToken("soft:5");
        Assert.Equal(200, (await Remember("update", "soft:begun")).Status);

        (await _http.Read("soft:5")).IsBusy();
        var second = (await _http.Ask("/v1/entry?key=soft:5&wait=30&soft=soft:begun")).IsMissWithToken();
        (await _http.Put("soft:5", "late", token: token)).IsProblem(409, "superseded");
        (await _http.Put("soft:5", "value", token: second)).IsDone();
        (await Read("soft:5", "soft:begun")).IsHit("value");
    }

    [Fact]
    public async Task SoftTags_OfAHundredAndTwentyEight_AreTaken()
    {
        (await _http.Put("soft:6", "value")).IsDone();
        (await Read("soft:6", [.. Enumerable.Range(0, 128).Select(i => $"soft:many:{i}")])).IsHit("value");
    }

    [Fact]
    public async Task Update_OfAllOfSeveralTags_CannotBeRemembered()
    {
        var reply = await _http.Post("/v1/tags/update", new { tags = new[] { "soft:a", "soft:b" }, match = "all", remember = true });
        reply.IsProblem(400, "invalid_argument");
        Assert.Equal(200, (await _http.Post("/v1/tags/update", new { tags = new[] { "soft:a", "soft:b" }, match = "all", remember = false })).Status);
    }

    [Theory]
    [InlineData("update")]
    [InlineData("revalidate")]
    public async Task Remember_ThatIsNoYesOrNo_IsRefused(string call) =>
        (await _http.Send(HttpMethod.Post, $"/v1/tags/{call}", SiloCalls.Body("""{"tags":["a"],"remember":"yes"}"""))).IsProblem(400, "malformed_json");

    /// <summary>The entry's silo may be one that does not look at them, or remembers nothing.</summary>
    [Fact]
    public async Task SoftTags_WhileASiloOfAnOlderVersionIsThere_AreAnsweredWithNothing()
    {
        (await _http.Put("soft:7", "value")).IsDone();
        var (versions, other) = (silo.Get<PeerVersions>(), SiloAddress.New(System.Net.IPAddress.Loopback, 1, 1));
        try
        {
            Assert.True(versions.Accepts(other, new(ProtocolVersion.Oldest, ProtocolVersion.Remembering - 1, "0.0.9")));
            var reply = await Read("soft:7", "soft:any");
            Assert.Equal((404, "OrleansTagCache; fwd=bypass; detail=not-serving", null), (reply.Status, reply.CacheStatus, reply.Token));
            (await _http.Read("soft:7")).IsHit("value");
        }
        finally
        {
            versions.Accepts(other, ProtocolVersions.OfThisBuild);
        }

        (await Read("soft:7", "soft:any")).IsHit("value");
    }

    private Task<Reply> Remember(string call, params string[] tags) => _http.Post($"/v1/tags/{call}", new { tags, remember = true });

    private Task<Reply> Read(string key, params string[] soft) => _http.Ask($"/v1/entry?key={SiloCalls.Escape(key)}&wait=0{string.Concat(soft.Select(tag => $"&soft={SiloCalls.Escape(tag)}"))}");
}
