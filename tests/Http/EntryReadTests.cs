using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary><c>GET /v1/entry</c>: hits, stale hits, misses, and who gets the token.</summary>
[Collection(SiloCollection.Name)]
public sealed class EntryReadTests(SiloServer silo)
{
    private readonly HttpClient _http = silo.Http;

    [Fact]
    public async Task Get_OfAnEntry_AnswersItsValueAndItsHeaders()
    {
        (await _http.Put("read:hit", SiloCalls.Body("value", "text/css; charset=utf-8"), "&life=hours")).IsDone();

        var reply = await _http.Read("read:hit");

        reply.IsHit("value");
        Assert.Equal("text/css; charset=utf-8", reply.ContentType);
        Assert.Equal("nosniff", reply.Header("X-Content-Type-Options"));
        Assert.Equal("no-store", reply.Header("Cache-Control"));
        Assert.Equal("5", reply.Header("Content-Length"));

        // Both are rounded down, of an age that is never a whole second.
        Assert.Equal(3_599, reply.Ttl + reply.Age);
        Assert.InRange(reply.Age, 0, 60);
    }

    [Theory]
    [InlineData("", 900)]
    [InlineData("&life=default", 900)]
    [InlineData("&life=minutes", 60)]
    [InlineData("&life=HOURS", 3_600)]
    [InlineData("&life=Days", 86_400)]
    [InlineData("&life=weeks", 604_800)]
    [InlineData("&life=max", 2_592_000)]
    [InlineData("&revalidate=120", 120)]
    [InlineData("&revalidate=120&expire=240", 120)]
    [InlineData("&expire=240", 240)]
    [InlineData("&stale=5", 900)]
    public async Task Get_OfAFreshEntry_TellsWhatIsLeftOfRevalidate(string life, int revalidate)
    {
        (await _http.Put("read:ttl", "value", life)).IsDone();

        var reply = await _http.Read("read:ttl");

        Assert.Equal(revalidate - 1, reply.Ttl + reply.Age);
    }

    [Fact]
    public async Task Get_OfAnEntryThatStaysFreshForever_HasTheLargestTtl()
    {
        (await _http.Put("read:forever", "value", "&revalidate=Infinity&expire=Infinity")).IsDone();

        Assert.Equal(int.MaxValue, (await _http.Read("read:forever")).Ttl);
    }

    [Fact]
    public async Task Get_OfAMiss_GivesTheFirstCallerTheTokenAndNoOther()
    {
        var first = await _http.Read("read:miss");

        Assert.Matches("^[A-Za-z0-9_-]+$", first.IsMissWithToken());
        Assert.Equal("no-store", first.Header("Cache-Control"));
        (await _http.Read("read:miss")).IsBusy();
        (await _http.Read("read:miss")).IsBusy();
    }

    [Fact]
    public async Task Get_OfAMissByManyAtOnce_GivesExactlyOneToken()
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => _http.Read("read:crowd")));

        Assert.Single(replies, reply => reply.Token is not null).IsMissWithToken();
        Assert.All(replies.Where(reply => reply.Token is null), reply => reply.IsBusy());
    }

    [Fact]
    public async Task Get_OfTwoMisses_GivesEachItsOwnToken() =>
        Assert.NotEqual(await _http.TakeToken("read:own:1"), await _http.TakeToken("read:own:2"));

    [Fact]
    public async Task Get_OfKeysThatDifferByCaseOrBySpace_ReadsDifferentEntries()
    {
        (await _http.Put("read:Case", "1")).IsDone();

        await _http.TakeToken("read:case");
        await _http.TakeToken("read:Case ");
        (await _http.Read("read:Case")).IsHit("1");
    }

    [Fact]
    public async Task Get_OfAKeyOfEveryKindOfCharacter_ReadsWhatWasPutThere()
    {
        const string Key = "read:/?&=#%25+ é字😀\u2028\"'<>\\";
        (await _http.Put(Key, "odd")).IsDone();

        (await _http.Read(Key)).IsHit("odd");
        Assert.Equal(Key, (await _http.Info(Key)).Json.GetProperty("key").GetString());
    }

    [Fact]
    public async Task Get_OfTheLongestKey_ReadsWhatWasPutThere()
    {
        var key = "read:" + new string('k', 1_019);
        (await _http.Put(key, "long")).IsDone();

        (await _http.Read(key)).IsHit("long");
    }

    [Fact]
    public async Task Get_OfAStaleEntry_ServesItAndGivesOneTokenToRefreshIt()
    {
        (await _http.Put("read:stale", "old", "&revalidate=0&expire=3600")).IsDone();

        var first = await _http.Read("read:stale");
        var second = await _http.Read("read:stale", wait: "30");

        Assert.Equal(("old", "old"), (first.Text, second.Text));
        Assert.True(first.Ttl < 0, first.CacheStatus);
        Assert.True(second.Ttl < 0, second.CacheStatus);
        Assert.NotNull(first.Token);
        Assert.Null(second.Token);

        (await _http.Put("read:stale", "new", "&life=hours", first.Token)).IsDone();
        (await _http.Read("read:stale")).IsHit("new");
    }

    [Fact]
    public async Task Get_PastExpire_IsAMiss()
    {
        (await _http.Put("read:expired", "old", "&revalidate=0&expire=0")).IsDone();

        await _http.TakeToken("read:expired");
    }
}
