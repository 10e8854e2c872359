using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>Keys: who is let in, to what, and that one namespace never reaches another.</summary>
[Collection(KeyedSiloCollection.Name)]
public sealed class AccessTests(KeyedSilo silo)
{
    public static readonly TheoryData<string, string, string> Calls = new()
    {
        { "GET", "/v1/entry?key=k&wait=0", "read" },
        { "PUT", "/v1/entry?key=k", "write" },
        { "DELETE", "/v1/entry?key=k", "write" },
        { "POST", "/v1/entry/abandon?key=k", "write" },
        { "GET", "/v1/entry/info?key=k", "read" },
        { "POST", "/v1/entries/get", "read" },
        { "POST", "/v1/tags/update", "invalidate" },
        { "POST", "/v1/tags/revalidate", "invalidate" },
        { "POST", "/v1/tags/hold", "invalidate" },
        { "POST", "/v1/tags/release", "invalidate" },
        { "GET", "/v1/tag?tag=t", "read" },
        { "GET", "/v1/tag/entries?tag=t", "read" },
        { "GET", "/v1/tags", "read" },
        { "GET", "/v1/cluster", "admin" },
        { "GET", "/v1/diagnostics", "admin" },
        { "HEAD", "/v1/traffic", "admin" },
        { "HEAD", "/v1/events", "read" },
        { "GET", "/v1/updates", "admin" },
        { "GET", "/v1/keys", "admin" },
        { "GET", "/v1/warmups", "admin" },
        { "GET", "/metrics", "admin" },
    };

    [Theory, MemberData(nameof(Calls))]
    public async Task Call_NeedsItsScope(string method, string path, string scope)
    {
        (string Scopes, string Key)[] keys =
            [("read", silo.Reader), ("read,write", silo.Writer), ("invalidate", silo.Invalidator), ("read,write,invalidate,admin", silo.All)];
        foreach (var (scopes, key) in keys)
        {
            var reply = await Send(key, method, path);
            Assert.Equal(!scopes.Split(',').Contains(scope), reply.Status == 403);
        }
    }

    [Theory, MemberData(nameof(Calls))]
    public async Task Call_WithoutAGoodKey_IsRefused(string method, string path, string scope)
    {
        Assert.NotEmpty(scope);
        var wrong = silo.All[..^1] + (silo.All[^1] == 'A' ? 'E' : 'A');
        foreach (var key in new[] { null, "", "otc_", silo.Ended, wrong, silo.All.ToUpperInvariant(), $"{silo.All}x", $"{silo.All} {silo.All}" })
        {
            Assert.Contains((await Send(key, method, path)).Status, new[] { 401, 429 });
        }
    }

    [Fact]
    public async Task Failures_AreSlowed_AndAGoodKeyIsLetInAllTheSame()
    {
        using var stranger = silo.With("otc_none");
        Reply reply;
        var tries = 0;
        do
        {
            reply = await stranger.Ask("/v1/cluster");
            Assert.True(++tries < 100, "Nothing slows failures.");
        }
        while (reply.Status == 401);

        Assert.Equal(429, reply.Status);
        using var good = silo.With(silo.All);
        Assert.Equal(200, (await good.Ask("/v1/cluster")).Status);
    }

    [Fact]
    public async Task Namespaces_AreWalls()
    {
        using var shop = silo.With(silo.All);
        using var blog = silo.With(silo.Other);
        foreach (var http in new[] { shop, blog })
        {
            Assert.Equal(204, (await http.Put("wall", http == shop ? "shop" : "blog", "&tag=wall")).Status);
        }

        Assert.Equal("shop", (await shop.Read("wall")).Text);
        Assert.Equal("blog", (await blog.Read("wall")).Text);
        Assert.Equal(200, (await blog.Update("wall", "*")).Status);
        Assert.Equal("shop", (await shop.Read("wall")).Text);
        Assert.Equal(404, (await blog.Read("wall")).Status);
        Assert.DoesNotContain("wall", (await blog.Ask("/v1/tag/entries?tag=*")).Text, StringComparison.Ordinal);
        Assert.Contains("wall", (await shop.Ask("/v1/tag/entries?tag=*")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Moments_AreOfTheirNamespace()
    {
        using var shop = silo.With(silo.All);
        using var blog = silo.With(silo.Other);
        var moment = (await blog.Send(HttpMethod.Head, "/v1/entry?key=none")).Header("Tag-Cache-As-Of")!;

        (await shop.Put("moment", "1", $"&since={moment}")).IsProblem(409, "unknown_moment");
        (await blog.Put("moment", "1", $"&since={moment}")).IsDone();
        Assert.Equal(404, (await shop.Read("moment")).Status);
    }

    [Theory]
    [InlineData("4:shop")]
    [InlineData("4:shopwall")]
    [InlineData("shop:wall2")]
    [InlineData("ｓｈｏｐ")]
    [InlineData("а")]
    public async Task Names_ThatLookLikeAnotherNamespaces_AreTheirOwn(string name)
    {
        using var shop = silo.With(silo.All);
        using var blog = silo.With(silo.Other);
        await shop.Put(name, "shop", $"&tag={SiloCalls.Escape(name)}");
        await blog.Update(name);
        Assert.Equal("shop", (await shop.Read(name)).Text);
        Assert.Equal(404, (await blog.Info(name)).Status);
    }

    [Fact]
    public async Task Token_OfAnotherNamespace_IsUnknown()
    {
        using var shop = silo.With(silo.All);
        using var blog = silo.With(silo.Other);
        var token = await shop.TakeToken("foreign");
        Assert.Equal(409, (await blog.Put("foreign", "x", token: token)).Status);
        Assert.Equal(204, (await shop.Put("foreign", "x", token: token)).Status);
    }

    [Fact]
    public async Task Reader_WhoMayNotStore_IsGivenNoToken()
    {
        using var reader = silo.With(silo.Reader);
        var miss = await reader.Read("readers only");
        Assert.Equal(404, miss.Status);
        using var writer = silo.With(silo.Writer);
        await writer.TakeToken("readers only");
    }

    [Fact]
    public async Task Key_IsInNoAnswer_AndInNoLog()
    {
        var secret = silo.All.Split('_', 3)[2];
        Assert.DoesNotContain(secret, (await Send(silo.All, "GET", "/v1/cluster")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, (await Send(silo.All + "x", "GET", "/v1/cluster")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, silo.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_NeedsNoKey()
    {
        Assert.Equal(200, (await Send(null, "GET", "/health/live")).Status);
        Assert.Equal(200, (await Send(null, "GET", "/health/ready")).Status);
    }

    private async Task<Reply> Send(string? key, string method, string path)
    {
        using var http = silo.With(key);
        return await http.Send(new(method), path, method is "PUT" or "POST" ? SiloCalls.Body("{}") : null);
    }
}
