using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>HEAD is answered wherever GET is: the same status and headers, no body, and nothing taken.</summary>
[Collection(SiloCollection.Name)]
public sealed class HeadTests(SiloServer silo)
{
    private readonly HttpClient _http = silo.Http;

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/metrics")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/v1/cluster")]
    [InlineData("/v1/updates")]
    [InlineData("/v1/keys")]
    [InlineData("/v1/warmups")]
    [InlineData("/v1/tags?prefix=head:")]
    [InlineData("/v1/tag?tag=head:tag")]
    [InlineData("/v1/tag/entries?tag=head:tag")]
    [InlineData("/v1/entry?key=head:there")]
    [InlineData("/v1/entry/info?key=head:there")]
    [InlineData("/v1/entry/info?key=head:nothing")]
    [InlineData("/v1/entry?wait=nonsense&key=head:there")]
    public async Task Head_IsAnsweredAsGetIsAndWithoutABody(string path)
    {
        (await _http.Put("head:there", "value", "&tag=head:tag&life=hours")).IsDone();
        var get = await _http.Ask(path);

        var head = await _http.Send(HttpMethod.Head, path);

        Assert.Equal((get.Status, get.ContentType, get.Header("Cache-Control")), (head.Status, head.ContentType, head.Header("Cache-Control")));
        Assert.Empty(head.Bytes);
    }

    [Fact]
    public async Task Head_OfAnEntry_TellsOfItsValue()
    {
        (await _http.Put("head:hit", "value", "&life=hours")).IsDone();

        var head = await _http.Send(HttpMethod.Head, "/v1/entry?key=head:hit");

        Assert.Equal(("5", 0), (head.Header("Content-Length"), head.Age));
        Assert.InRange(head.Ttl, 3_590, 3_600);
    }

    [Fact]
    public async Task Head_OfAMiss_TakesNoTokenAndDoesNotWait()
    {
        var head = await _http.Send(HttpMethod.Head, "/v1/entry?key=head:miss");
        Assert.Equal((404, null, "OrleansTagCache; fwd=miss"), (head.Status, head.Token, head.CacheStatus));

        var token = await _http.TakeToken("head:miss");
        Assert.Equal(404, (await _http.Send(HttpMethod.Head, "/v1/entry?key=head:miss&wait=30")).Status);
        (await _http.Put("head:miss", "value", token: token)).IsDone();
    }

    [Fact]
    public async Task Head_OfAStaleEntry_LeavesTheTokenToWhoReadsIt()
    {
        (await _http.Put("head:stale", "value", "&revalidate=0&expire=3600")).IsDone();

        var head = await _http.Send(HttpMethod.Head, "/v1/entry?key=head:stale");

        Assert.Equal((200, null), (head.Status, head.Token));
        Assert.NotNull((await _http.Read("head:stale")).Token);
    }
}
