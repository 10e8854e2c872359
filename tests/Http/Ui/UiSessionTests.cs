using OrleansTagCache.Contracts;
using OrleansTagCache.Http.Tokens;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>The sessions of the operators' page: who gets one, what it is good for, and when it ends.</summary>
[Collection(UiSiloCollection.Name)]
public sealed class UiSessionTests(UiSilo silo)
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task SignIn_GivesACookieThatNoScriptReadsAndNoOtherSiteSends()
    {
        using var page = silo.Page();
        var reply = await page.Post("/ui/session", new { key = silo.Operator });
        reply.IsDone();
        var cookie = reply.Header("Set-Cookie")!;
        Assert.Matches("^tagcache-ui-[0-9a-f]{8}=[A-Za-z0-9_-]{80}; path=/; samesite=strict; httponly$", cookie);
        Assert.DoesNotContain(silo.Operator.Split('_', 3)[2], cookie, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SignIn_OverTls_GivesACookieOfThatHostAndOfTlsAlone()
    {
        using var page = silo.Page(("Origin", $"https://{silo.Http.BaseAddress!.Authority}"));
        var reply = await page.Post("/ui/session", new { key = silo.Operator });
        Assert.Matches("^__Host-tagcache-ui-[0-9a-f]{8}=[A-Za-z0-9_-]{80}; path=/; secure; samesite=strict; httponly$", reply.Header("Set-Cookie")!);
    }

    [Fact]
    public async Task Session_OpensTheApiWithTheKeysScopes()
    {
        using var page = silo.Page(("Cookie", await silo.SignIn(silo.Watcher)));
        Assert.Equal(200, (await page.Ask("/v1/cluster")).Status);
        Assert.Equal("The key does not have the scope 'read'.", (await page.Ask("/v1/tags")).IsProblem(403, "forbidden"));
        Assert.Equal("The key does not have the scope 'invalidate'.", (await page.Update("t")).IsProblem(403, "forbidden"));
        var session = (await page.Ask("/ui/session")).Json;
        Assert.Equal((true, UiSilo.IdOf(silo.Watcher), "default"), (session.GetProperty("signedIn").GetBoolean(), session.GetProperty("key").GetString(), session.GetProperty("namespace").GetString()));
        Assert.Equal(["admin"], session.GetProperty("scopes").EnumerateArray().Select(scope => scope.GetString()));
    }

    [Theory]
    [InlineData("Tag-Cache-Ui", null)]
    [InlineData("Tag-Cache-Ui", "true")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("Sec-Fetch-Site", "none")]
    [InlineData("Sec-Fetch-Site", "")]
    public async Task Session_OfARequestThatThePageDoesNotSend_IsNone(string header, string? value)
    {
        var cookie = await silo.SignIn(silo.Operator);
        using var other = silo.Page(("Cookie", cookie), (header, value));
        Assert.Contains((await other.Update("t")).Status, new[] { 401, 429 });
        Assert.Contains((await other.Ask("/v1/cluster")).Status, new[] { 401, 429 });
        Assert.False((await other.Ask("/ui/session")).Json.GetProperty("signedIn").GetBoolean());
    }

    [Theory]
    [InlineData("http://evil.example")]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("null")]
    public async Task Session_WhereTheBrowserTellsTheOriginAlone_IsOfItsOwnOriginAlone(string origin)
    {
        var cookie = await silo.SignIn(silo.Operator);
        using var own = silo.Page(("Cookie", cookie), ("Sec-Fetch-Site", null));
        Assert.Equal(200, (await own.Update("t")).Status);
        using var other = silo.Page(("Cookie", cookie), ("Sec-Fetch-Site", null), ("Origin", origin));
        Assert.Contains((await other.Update("t")).Status, new[] { 401, 429 });
    }

    [Fact]
    public async Task SignIn_WithAWrongKey_IsRefused_AndSlowedDown()
    {
        using var page = silo.Page();
        var refused = await page.Post("/ui/session", new { key = "otc_wrong" });
        for (var tries = 0; refused.Status != 429; tries++)
        {
            Assert.Equal("This is not an API key of the cluster, or it has expired.", refused.IsProblem(401, "unauthorized"));
            Assert.Null(refused.Header("Set-Cookie"));
            Assert.True(tries < 25, "Nobody slows the caller down.");
            refused = await page.Post("/ui/session", new { key = "otc_wrong" });
        }

        // Whoever has a good key is let in all the same.
        await silo.SignIn(silo.Operator);
        Assert.Equal("The key does not have the scope 'admin'.", (await page.Post("/ui/session", new { key = silo.Reader })).IsProblem(403, "forbidden"));
    }

    [Fact]
    public async Task SignOut_HasTheBrowserForget()
    {
        using var page = silo.Page(("Cookie", await silo.SignIn(silo.Operator)));
        var reply = await page.Send(HttpMethod.Delete, "/ui/session");
        reply.IsDone();
        Assert.Contains("expires=Thu, 01 Jan 1970", reply.Header("Set-Cookie")!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_ThatIsRemoved_EndsItsSessions()
    {
        var key = silo.Add("read,admin");
        silo.Take();
        using var page = silo.Page(("Cookie", await silo.SignIn(key)));
        Assert.Equal(200, (await page.Ask("/v1/cluster")).Status);

        silo.Remove(key);
        silo.Take();

        Assert.Contains((await page.Ask("/v1/cluster")).Status, new[] { 401, 429 });
        Assert.False((await page.Ask("/ui/session")).Json.GetProperty("signedIn").GetBoolean());
    }

    [Fact]
    public async Task Key_ThatTakesTheNameOfAnother_OrLosesTheScope_EndsItsSessions()
    {
        var key = silo.Add("read,admin");
        silo.Take();
        using var page = silo.Page(("Cookie", await silo.SignIn(key)));

        var next = silo.Add("read,admin", id: UiSilo.IdOf(key));
        silo.Take();
        Assert.Contains((await page.Ask("/v1/cluster")).Status, new[] { 401, 429 });

        using var again = silo.Page(("Cookie", await silo.SignIn(next)));
        Assert.Equal(200, (await again.Ask("/v1/tags")).Status);
        silo.SetScopes(next, "read");
        silo.Take();
        Assert.Contains((await again.Ask("/v1/tags")).Status, new[] { 401, 429 });
    }

    [Fact]
    public async Task Session_IsRenewedByThePage()
    {
        using var page = silo.Page(("Cookie", await silo.SignIn(silo.Operator)));
        Assert.Null((await page.Ask("/v1/cluster")).Header("Set-Cookie"));
        Assert.StartsWith("tagcache-ui-", (await page.Ask("/ui/session")).Header("Set-Cookie")!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Session_IsNoTokenAndNoHold_AndTheyAreNoSessions()
    {
        var cookie = await silo.SignIn(silo.Operator);
        var (name, text) = (cookie.Split('=')[0], cookie.Split('=')[1]);
        using var page = silo.Page(("Cookie", cookie));
        (await page.Put("ui:token", "value", token: text)).IsProblem(409, "unknown_token");
        Assert.False((await page.Release(text, "ui:hold")).Json.GetProperty("held").GetBoolean());

        foreach (var other in new[] { await page.TakeToken("ui:token:2"), await page.TakeHold("ui:hold") })
        {
            using var forged = silo.Page(("Cookie", $"{name}={other}"));
            Assert.Contains((await forged.Ask("/v1/cluster")).Status, new[] { 401, 429 });
        }
    }

    /// <summary>Who has copied a cookie has a stream for no longer than the session.</summary>
    [Fact]
    public async Task Stream_ThatASessionHasOpened_EndsWithIt()
    {
        var cookie = await silo.SignIn(silo.Operator);
        var session = (await silo.Get<SealedTokens>().VerifySession(cookie.Split('=')[1]))!;
        var brief = await silo.Get<SealedTokens>().Protect(session with { Ends = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(2) });
        using var page = silo.Page(("Cookie", $"{cookie.Split('=')[0]}={brief}"));

        using var stream = await page.GetAsync(new Uri("/v1/traffic", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(200, (int)stream.StatusCode);
        Assert.StartsWith("event: traffic", await stream.Content.ReadAsStringAsync().Soon(), StringComparison.Ordinal);
        Assert.Contains((await page.Ask("/v1/cluster")).Status, new[] { 401, 429 });
    }

    [Fact]
    public void Seal_GivesTheSessionBack_AndNothingForAChangedOne()
    {
        var secret = new TokenSecret(7, Enumerable.Range(0, 32).Select(i => (byte)i).ToArray());
        var session = UiSession.Begin("abcdefgh", 0x0123_4567_89AB_CDEF, Now);
        var text = SignedSession.Seal(secret, session);

        Assert.True(SealedBytes.TryRead(text, out var seal));
        Assert.Equal(session, SignedSession.Open(secret, seal));
        Assert.Null(SignedSession.Open(secret with { Secret = new byte[32] }, seal));
        for (var i = 4; i < seal.Length; i++)
        {
            seal[i] ^= 1;
            Assert.Null(SignedSession.Open(secret, seal));
            seal[i] ^= 1;
        }
    }

    [Fact]
    public void Session_EndsWhenNobodyLooks_AndAtTheLatestAfterHalfADay()
    {
        var session = UiSession.Begin("abcdefgh", 1, Now);
        Assert.False(session.HasEnded(Now + UiSession.Idle - TimeSpan.FromSeconds(1)));
        Assert.True(session.HasEnded(Now + UiSession.Idle));

        for (var looked = Now; looked < Now + UiSession.Most; looked += TimeSpan.FromMinutes(5))
        {
            Assert.False(session.HasEnded(looked));
            session = session.Renewed(looked);
        }

        Assert.True(session.HasEnded(Now + UiSession.Most));
        Assert.True(session.Renewed(Now + UiSession.Most).HasEnded(Now + UiSession.Most));
    }
}
