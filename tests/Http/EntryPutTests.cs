using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary><c>PUT /v1/entry</c>: plain sets, sets with a token, and what an update in between does to them.</summary>
[Collection(SiloCollection.Name)]
public sealed class EntryPutTests(SiloServer silo)
{
    private readonly HttpClient _http = silo.Http;

    [Fact]
    public async Task Put_WithTheToken_Stores()
    {
        var token = await _http.TakeToken("put:token");

        (await _http.Put("put:token", "generated", token: token)).IsDone();

        (await _http.Read("put:token")).IsHit("generated");
    }

    [Fact]
    public async Task Put_WithoutAToken_ReplacesWhatWasThere()
    {
        (await _http.Put("put:plain", "1")).IsDone();
        (await _http.Put("put:plain", "2")).IsDone();

        (await _http.Read("put:plain")).IsHit("2");
    }

    [Fact]
    public async Task Put_WithoutATokenAfterAnUpdate_Stores()
    {
        Assert.Equal(200, (await _http.Update("put:plain:tag")).Status);

        (await _http.Put("put:plain:updated", "1", "&tag=put:plain:tag")).IsDone();

        (await _http.Read("put:plain:updated")).IsHit("1");
    }

    [Fact]
    public async Task Put_AfterAnUpdateOfATagThatTheEntryBore_IsSuperseded()
    {
        (await _http.Put("put:early", "old", "&tag=put:early:tag&tag=put:early:other")).IsDone();
        Assert.Equal(200, (await _http.Update("put:early:tag")).Status);
        var token = await _http.TakeToken("put:early");
        Assert.Equal(200, (await _http.Update("put:early:tag")).Status);

        await IsSuperseded("put:early", "&tag=put:early:other&tag=put:early:tag", token);
    }

    [Fact]
    public async Task Put_AfterAnUpdateOfATagThatOnlyThePutNames_IsSuperseded()
    {
        var token = await _http.TakeToken("put:late");
        Assert.Equal(200, (await _http.Update("put:late:tag")).Status);

        await IsSuperseded("put:late", "&tag=put:late:fine&tag=put:late:tag", token);
    }

    [Fact]
    public async Task Put_AfterAnUpdateOfEverything_IsSuperseded()
    {
        var token = await _http.TakeToken("put:everything");
        Assert.Equal(200, (await _http.Update("*")).Status);

        await IsSuperseded("put:everything", string.Empty, token);
    }

    [Fact]
    public async Task Put_AfterARemovalOfItsKey_IsSuperseded()
    {
        var token = await _http.TakeToken("put:removed");
        (await _http.Delete("put:removed")).IsDone();

        await IsSuperseded("put:removed", string.Empty, token);
    }

    [Fact]
    public async Task Put_AfterAPlainSetOfItsKey_IsSupersededAndLeavesTheSetValue()
    {
        var token = await _http.TakeToken("put:overtaken");
        (await _http.Put("put:overtaken", "set")).IsDone();

        (await _http.Put("put:overtaken", "generated", token: token)).IsProblem(409, "superseded");

        (await _http.Read("put:overtaken")).IsHit("set");
    }

    [Fact]
    public async Task Put_AfterAnUpdateBeforeItsToken_Stores()
    {
        Assert.Equal(200, (await _http.Update("put:before:tag")).Status);
        var token = await _http.TakeToken("put:before");

        (await _http.Put("put:before", "generated", "&tag=put:before:tag", token)).IsDone();

        (await _http.Read("put:before")).IsHit("generated");
    }

    [Fact]
    public async Task Put_AfterAnUpdateOfATagThatItDoesNotName_Stores()
    {
        var token = await _http.TakeToken("put:other");
        Assert.Equal(200, (await _http.Update("put:other:elsewhere")).Status);

        (await _http.Put("put:other", "generated", "&tag=put:other:tag", token)).IsDone();

        (await _http.Read("put:other")).IsHit("generated");
    }

    [Fact]
    public async Task Put_OfARefreshAfterAnUpdate_IsSupersededAndTheStaleValueIsGone()
    {
        (await _http.Put("put:refresh", "old", "&tag=put:refresh:tag&revalidate=0&expire=3600")).IsDone();
        var stale = await _http.Read("put:refresh");
        Assert.Equal("old", stale.Text);
        Assert.Equal(200, (await _http.Update("put:refresh:tag")).Status);

        await IsSuperseded("put:refresh", "&tag=put:refresh:tag", stale.Token!);
    }

    [Fact]
    public async Task Put_WithTheSameTagTwice_CountsItOnce()
    {
        (await _http.Put("put:twice", "1", "&tag=put:b&tag=put:a&tag=put:b")).IsDone();

        var tags = (await _http.Info("put:twice")).Json.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString());
        Assert.Equal(["put:a", "put:b"], tags.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Put_WithTheLongestNamesThatThereAre_IsStored()
    {
        var key = new string('\u5b57', 1_024);
        var tags = string.Concat(Enumerable.Range(100, 128).Select(i => $"&tag={Uri.EscapeDataString(i + new string('\u5b57', 253))}"));

        (await _http.Put(key, "1", tags)).IsDone();

        (await _http.Read(key)).IsHit("1");
    }

    [Fact]
    public async Task Put_WithAsManyTagsAsACallMayName_Stores()
    {
        var query = string.Concat(Enumerable.Range(0, 128).Select(i => $"&tag=put:many:{i}"));
        (await _http.Put("put:many", "1", query)).IsDone();

        Assert.Equal(128, (await _http.Info("put:many")).Json.GetProperty("tags").GetArrayLength());
    }

    /// <summary>Refused for the update, used up by it, and nothing stored: the next reader is to generate.</summary>
    private async Task IsSuperseded(string key, string query, string token)
    {
        (await _http.Put(key, "too old", query, token)).IsProblem(409, "superseded");
        (await _http.Put(key, "too old", query, token)).IsProblem(409, "unknown_token");
        await _http.TakeToken(key);
    }
}
