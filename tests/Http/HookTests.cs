using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>Signed calls of other programs update and revalidate tags; nothing else does.</summary>
public sealed class HookTests(HookSilo silo) : IClassFixture<HookSilo>
{
    private readonly HttpClient _http = silo.Http;

    public static readonly TheoryData<string, string> Bodies = new()
    {
        { "product", "" },
        { "product", "null" },
        { "product", "[]" },
        { "product", "{}" },
        { "product", """{"product":{}}""" },
        { "product", """{"product":{"id":null}}""" },
        { "product", """{"product":{"id":true}}""" },
        { "product", """{"product":{"id":{}}}""" },
        { "product", """{"product":{"id":[]}}""" },
        { "product", """{"product":{"id":[[1]]}}""" },
        { "product", """{"product":{"id":1},"product":{"id":2}}""" },
        { "product", """{"product":{"id":"\u0000"}}""" },
        { "product", """{"product":{"id":"\ud800"}}""" },
        { "product", """{"\ud800":1,"product":{"\udc00":1}}""" },
        { "product", """{"product":""" },
        { "product", "not json" },
        { "bare", """{"tag":"*"}""" },
        { "bare", """{"tag":["a","*"]}""" },
        { "bare", """{"tag":""}""" },
        { "variants", """{"variants":{"id":1}}""" },
        { "variants", """{"variants":[]}""" },
        { "variants", """{"variants":[{"no":1}]}""" },
    };

    [Fact]
    public async Task Update_ExpiresWhatTheBodyNames()
    {
        await Store("hook:1", "product:17");
        await Store("hook:2", "product:18");

        Assert.Equal(200, (await silo.Call("product", """{"product":{"id":17}}""")).Status);

        Assert.Equal((404, 200), ((await _http.Info("hook:1")).Status, (await _http.Info("hook:2")).Status));
    }

    [Fact]
    public async Task Update_TakesEachElementOfAnArray()
    {
        await Store("hook:a", "product:a");
        await Store("hook:b", "product:7.5");

        var reply = await silo.Call("variants", """{"variants":[{"id":"a"},{"id":[7.5,"c"]}]}""");

        Assert.Equal(4, reply.Json.GetProperty("tags").GetInt32());
        Assert.Equal((404, 404), ((await _http.Info("hook:a")).Status, (await _http.Info("hook:b")).Status));
    }

    [Fact]
    public async Task Revalidate_MakesStale()
    {
        await Store("hook:stale", "product:stale");

        Assert.Equal(200, (await silo.Call("stale", """{"product":{"id":"stale"}}""")).Status);

        Assert.Equal("stale", (await _http.Info("hook:stale")).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Hook_WhoseOwnTextIsEverything_ExpiresAllWithAnyBody()
    {
        await Store("hook:all", "whatever");
        Assert.Equal(200, (await silo.Call("everything", "<xml/>")).Status);
        Assert.Equal(404, (await _http.Info("hook:all")).Status);
    }

    [Theory]
    [InlineData(HookSilo.Secret)]
    [InlineData(HookSilo.NextSecret)]
    public async Task Call_WithEitherSecretWhileOneIsReplaced_IsTaken(string secret) =>
        Assert.Equal(200, (await silo.Call("product", $$$"""{"product":{"id":"{{{secret}}}"}}""", secret: secret)).Status);

    [Fact]
    public async Task Call_WithSeveralSignatures_IsTakenIfOneIsGood()
    {
        var (now, body) = (HookSilo.Now(), """{"product":{"id":"several"}}""");
        var good = HookSilo.Sign(now, body);
        Assert.Equal(200, (await silo.Call("product", body, now, $"v1={new string('0', 64)}, {good.ToUpperInvariant().Replace("V1", "v1", StringComparison.Ordinal)}")).Status);
    }

    [Fact]
    public async Task Call_MadeAgainWhileItsTimestampIsGood_IsCarriedOutAgain()
    {
        var (now, body) = (HookSilo.Now(), """{"product":{"id":"again"}}""");
        Assert.Equal(200, (await silo.Call("product", body, now)).Status);
        await Store("hook:again", "product:again");

        Assert.Equal(200, (await silo.Call("product", body, now)).Status);

        Assert.Equal(404, (await _http.Info("hook:again")).Status);
    }

    [Theory]
    [InlineData(-301)]
    [InlineData(301)]
    [InlineData(-100_000)]
    public async Task Call_OfAnotherTime_IsRefused(int seconds) => await IsRefused(timestamp: HookSilo.Now(seconds));

    [Theory]
    [InlineData("")]
    [InlineData("soon")]
    [InlineData("-1")]
    [InlineData("1e9")]
    [InlineData("99999999999999999999999")]
    [InlineData(" ")]
    public async Task Call_WithATimeStampThatIsNone_IsRefused(string timestamp) => await IsRefused(timestamp);

    [Fact]
    public async Task Call_WithAWrongSignature_IsRefused()
    {
        var now = HookSilo.Now();
        var good = HookSilo.Sign(now, "{}");
        foreach (var signature in new[]
        {
            "", "v1=", "v1", good[3..], $"v2={good[3..]}", good[..^1], $"{good}0", $"v1={new string('g', 64)}", $"v1={new string('0', 64)}",
            HookSilo.Sign(now, "{} "), HookSilo.Sign(now, "{}", "another secret of 32 characters, yes"), HookSilo.Sign(HookSilo.Now(-1), "{}"),
        })
        {
            await IsRefused(now, signature);
        }

        await IsRefused(now, good, hook: "nobodys");
    }

    [Theory, MemberData(nameof(Bodies))]
    public async Task Body_ThatTheTemplateCannotUse_IsRefused(string hook, string body)
    {
        await Store("hook:kept", "kept");
        (await silo.Call(hook, body)).IsProblem(400, "invalid_argument");
        Assert.Equal(200, (await _http.Info("hook:kept")).Status);
    }

    [Fact]
    public async Task Body_OfTooManyTags_OrTooLongATag_OrTooLarge_IsRefused()
    {
        (await silo.Call("bare", $$"""{"tag":[{{string.Join(',', Enumerable.Range(0, 129))}}]}""")).IsProblem(400, "invalid_argument");
        (await silo.Call("bare", $$"""{"tag":"{{new string('t', 257)}}"}""")).IsProblem(400, "invalid_argument");
        (await silo.Call("bare", new string(' ', (256 * 1024) + 1))).IsProblem(413, "payload_too_large");
        (await silo.Call("bare", $$"""{"tag":1,"deep":{{new string('[', 17)}}{{new string(']', 17)}}}""")).IsProblem(400, "invalid_argument");
    }

    private async Task Store(string key, string tag) => (await _http.Put(key, "value", $"&tag={SiloCalls.Escape(tag)}")).IsDone();

    private async Task IsRefused(string timestamp, string? signature = null, string hook = "product")
    {
        var reply = await silo.Call(hook, "{}", timestamp, signature);
        reply.IsProblem(reply.Status == 429 ? 429 : 401, reply.Status == 429 ? "too_many_requests" : "invalid_signature");
    }
}
