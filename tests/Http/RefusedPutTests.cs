using System.Net.Sockets;
using System.Text;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>A token is used up by the PUT that brings it, whatever is answered: the next caller makes the value at once, and not when the token's lease is over.</summary>
[Collection(SiloCollection.Name)]
public sealed class RefusedPutTests(SiloServer silo)
{
    private readonly HttpClient _http = silo.Http;

    [Theory]
    [InlineData("&life=nonsense", 400)]
    [InlineData("&tag=*", 400)]
    [InlineData("&stale=-1", 400)]
    public async Task Put_RefusedForItsQuery_PassesTheTokenOn(string query, int status)
    {
        var key = $"refused:{query}";
        var token = await _http.TakeToken(key);

        Assert.Equal(status, (await _http.Put(key, "1", query, token)).Status);

        await IsPassedOn(key, token);
    }

    [Theory]
    [InlineData("Content-Type", "\u00e4", 400)]
    [InlineData("Content-Encoding", "gzip", 415)]
    [InlineData("ETag", "\"1\"", 400)]
    public async Task Put_RefusedForItsHeaders_PassesTheTokenOn(string name, string value, int status)
    {
        var key = $"refused:{name}";
        var token = await _http.TakeToken(key);
        var body = SiloCalls.Body("1");
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/v1/entry?key={SiloCalls.Escape(key)}") { Content = body };
        request.Headers.TryAddWithoutValidation("Tag-Cache-Token", token);
        Assert.True(request.Headers.TryAddWithoutValidation(name, value) || body.Headers.TryAddWithoutValidation(name, value));

        Assert.Equal(status, (await Reply.Of(await _http.SendAsync(request))).Status);

        await IsPassedOn(key, token);
    }

    [Theory]
    [InlineData("none", "{}")]
    [InlineData("1048577", "{}")]
    [InlineData("30", "{}")]
    [InlineData("9", "{\"tags\":[]}")]
    [InlineData("2", "[]")]
    [InlineData("13", "{\"tags\":[\"*\"]}")]
    [InlineData("14", "{\"tags\":[\"*\"]}")]
    [InlineData("14", "{\"life\":\"now\"}")]
    [InlineData("11", "{\"stale\":-1}")]
    [InlineData("2", "{}", "&tag=a")]
    [InlineData("2", "{}", "&life=hours")]
    public async Task Put_RefusedForItsHead_PassesTheTokenOn(string length, string head, string query = "")
    {
        var key = $"refused:head:{length}:{head}:{query}";
        var token = await _http.TakeToken(key);
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/v1/entry?key={SiloCalls.Escape(key)}{query}") { Content = SiloCalls.Body(Encoding.UTF8.GetBytes(head)) };
        request.Headers.TryAddWithoutValidation("Tag-Cache-Token", token);
        request.Headers.TryAddWithoutValidation("Tag-Cache-Head", length);

        Assert.Equal(400, (await Reply.Of(await _http.SendAsync(request))).Status);

        await IsPassedOn(key, token);
    }

    [Fact]
    public async Task Put_RefusedForAMomentBesideIt_PassesTheTokenOn()
    {
        var miss = await _http.Read("refused:since");
        var token = miss.IsMissWithToken();

        Assert.Equal(400, (await _http.Put("refused:since", "1", $"&since={miss.Header("Tag-Cache-As-Of")}", token)).Status);

        await IsPassedOn("refused:since", token);
    }

    [Fact]
    public async Task Put_RefusedForItsSize_PassesTheTokenToTheOneWhoWaits()
    {
        var token = await _http.TakeToken("refused:size");
        var waiting = await silo.StartWaiting("refused:size");

        (await _http.Put("refused:size", SiloCalls.Body(new byte[(4 * 1024 * 1024) + 1]), token: token)).IsProblem(413, "payload_too_large");

        var next = (await waiting).IsMissWithToken();
        Assert.NotEqual(token, next);
        (await _http.Put("refused:size", "small", token: next)).IsDone();
    }

    [Fact]
    public async Task Put_WhoseBodyBreaksOff_PassesTheTokenOn()
    {
        var token = await _http.TakeToken("refused:broken");
        using var slow = HeldBody.SlowClient(_http.BaseAddress!);
        var body = new HeldBody("half");
        var putting = slow.Put("refused:broken", body, token: token);
        await body.Asked;

        body.Break();

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => putting);
        await silo.NoRequestRuns();
        await IsPassedOn("refused:broken", token);
    }

    [Fact]
    public async Task Put_WithATokenThatIsNone_IsRefusedBeforeItsBodyIsRead()
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(_http.BaseAddress!.Host, _http.BaseAddress.Port);
        await tcp.GetStream().WriteAsync(
            "PUT /v1/entry?key=refused:forged HTTP/1.1\r\nHost: 127.0.0.1\r\nTag-Cache-Token: forged\r\nContent-Length: 1000\r\n\r\n"u8.ToArray());
        using var reader = new StreamReader(tcp.GetStream(), Encoding.UTF8);

        Assert.Equal("HTTP/1.1 409 Conflict", await reader.ReadLineAsync().Soon());
    }

    private async Task IsPassedOn(string key, string token)
    {
        var next = (await _http.Read(key)).IsMissWithToken();
        Assert.NotEqual(token, next);
        (await _http.Put(key, "late", token: token)).IsProblem(409, "unknown_token");
        (await _http.Put(key, "value", token: next)).IsDone();
        (await _http.Read(key)).IsHit("value");
    }
}
