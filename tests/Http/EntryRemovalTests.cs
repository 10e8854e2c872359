using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary><c>DELETE /v1/entry</c> and <c>POST /v1/entry/abandon</c>.</summary>
[Collection(SiloCollection.Name)]
public sealed class EntryRemovalTests(SiloServer silo)
{
    private readonly HttpClient _http = silo.Http;

    [Fact]
    public async Task Delete_OfAnEntry_LeavesAMissAndTheOthers()
    {
        (await _http.Put("delete:1", "1", "&tag=delete")).IsDone();
        (await _http.Put("delete:2", "2", "&tag=delete")).IsDone();

        (await _http.Delete("delete:1")).IsDone();

        await _http.TakeToken("delete:1");
        (await _http.Read("delete:2")).IsHit("2");
    }

    [Fact]
    public async Task Delete_OfNothing_IsDone() => (await _http.Delete("delete:nothing")).IsDone();

    [Fact]
    public async Task Delete_ThenPut_StoresAgain()
    {
        (await _http.Put("delete:again", "1")).IsDone();
        (await _http.Delete("delete:again")).IsDone();
        (await _http.Put("delete:again", "2")).IsDone();

        (await _http.Read("delete:again")).IsHit("2");
    }

    [Fact]
    public async Task Abandon_WithTheToken_GivesTheNextReaderAnother()
    {
        var token = await _http.TakeToken("abandon:next");

        (await _http.Abandon("abandon:next", token)).IsDone();

        Assert.NotEqual(token, await _http.TakeToken("abandon:next"));
    }

    [Fact]
    public async Task Abandon_OfARefresh_KeepsTheStaleValueAndGivesTheNextReaderTheToken()
    {
        (await _http.Put("abandon:refresh", "old", "&revalidate=0&expire=3600")).IsDone();
        var first = await _http.Read("abandon:refresh");

        (await _http.Abandon("abandon:refresh", first.Token)).IsDone();

        var next = await _http.Read("abandon:refresh");
        Assert.Equal("old", next.Text);
        Assert.NotNull(next.Token);
        Assert.NotEqual(first.Token, next.Token);
    }

    [Fact]
    public async Task Abandon_Twice_IsRefusedTheSecondTime()
    {
        var token = await _http.TakeToken("abandon:twice");
        (await _http.Abandon("abandon:twice", token)).IsDone();

        (await _http.Abandon("abandon:twice", token)).IsProblem(409, "unknown_token");
    }
}
