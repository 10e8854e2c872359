using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>What a call says of its value beside the Content-Type is refused, not dropped in silence; what speaks of the call alone is let through.</summary>
[Collection(SiloCollection.Name)]
public sealed class PutHeadersTests(SiloServer silo)
{
    private readonly HttpClient _http = silo.Http;

    [Theory]
    [InlineData("Content-Encoding", "gzip")]
    [InlineData("Content-Encoding", "identity, br")]
    [InlineData("Content-Encoding", "nonsense")]
    public async Task Put_OfAnEncodedValue_IsRefusedAndNamesWhatIsTaken(string name, string value)
    {
        var reply = await Put(name, value);

        reply.IsProblem(415, "unsupported_media_type");
        Assert.Equal("identity", reply.Header("Accept-Encoding"));
        await IsNotThere();
    }

    [Theory]
    [InlineData("Content-Range", "bytes 0-0/2")]
    [InlineData("Content-Language", "de")]
    [InlineData("Content-Disposition", "attachment")]
    [InlineData("Content-Location", "/elsewhere")]
    [InlineData("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==")]
    [InlineData("content-digest", "sha-256=:AA==:")]
    [InlineData("Repr-Digest", "sha-256=:AA==:")]
    [InlineData("Cache-Control", "max-age=60")]
    [InlineData("Cache-Control", "no-cache, private")]
    [InlineData("ETag", "\"1\"")]
    [InlineData("Expires", "0")]
    [InlineData("Last-Modified", "Thu, 01 Jan 1970 00:00:00 GMT")]
    [InlineData("Age", "1")]
    [InlineData("Vary", "Accept")]
    [InlineData("Set-Cookie", "a=b")]
    [InlineData("Cache-Tag", "a")]
    [InlineData("If-Match", "*")]
    [InlineData("If-None-Match", "*")]
    [InlineData("If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT")]
    public async Task Put_ThatSaysMoreOfItsValue_IsRefusedAndStoresNothing(string name, string value)
    {
        (await Put(name, value)).IsProblem(400, "unsupported_header");
        await IsNotThere();
    }

    [Theory]
    [InlineData("Content-Encoding", "identity")]
    [InlineData("Content-Encoding", "")]
    [InlineData("Cache-Control", "no-cache")]
    [InlineData("Cache-Control", "No-Store, max-age=0")]
    [InlineData("Pragma", "no-cache")]
    [InlineData("Accept-Language", "de")]
    [InlineData("Accept-Encoding", "gzip")]
    [InlineData("Range", "bytes=0-1")]
    [InlineData("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("X-Anything", "goes")]
    public async Task Put_ThatSpeaksOfTheCallAlone_Stores(string name, string value)
    {
        var key = $"headers:{name}:{value}";
        (await Put(name, value, key)).IsDone();

        (await _http.Read(key)).IsHit("value");
    }

    [Fact]
    public async Task Put_WithTwoContentTypes_IsRefused()
    {
        var reply = await RawCall.Exchange(
            _http.BaseAddress!,
            "PUT /v1/entry?key=headers:types HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: text/html\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx");

        Assert.StartsWith("HTTP/1.1 400 ", reply, StringComparison.Ordinal);
        (await _http.Info("headers:types")).IsProblem(404, "not_found");
    }

    [Theory]
    [InlineData("Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg==", "HTTP/1.1 400 ")]
    [InlineData("Content-Encoding: gzip", "HTTP/1.1 400 ")]
    [InlineData("ETag: \"1\"", "HTTP/1.1 400 ")]
    [InlineData("Server-Timing: a", "HTTP/1.1 204 ")]
    public async Task Put_WithFieldsAfterItsBody_IsJudgedByThemAsByThoseBefore(string trailer, string answer)
    {
        var reply = await RawCall.Exchange(
            _http.BaseAddress!,
            $"PUT /v1/entry?key=headers:trailer HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n{trailer}\r\n\r\n");

        Assert.StartsWith(answer, reply, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delete_UnderACondition_IsRefusedAndRemovesNothing()
    {
        (await _http.Put("headers:delete", "1")).IsDone();
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/v1/entry?key=headers:delete");
        request.Headers.TryAddWithoutValidation("If-Match", "\"1\"");

        (await Reply.Of(await _http.SendAsync(request))).IsProblem(400, "unsupported_header");

        (await _http.Read("headers:delete")).IsHit("1");
    }

    [Theory]
    [InlineData("something-else", 417)]
    [InlineData("100-continue", 204)]
    public async Task Put_ThatExpectsSomething_IsToldWhetherItIsMet(string expectation, int status)
    {
        var reply = await RawCall.Exchange(
            _http.BaseAddress!,
            $"PUT /v1/entry?key=headers:expect HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nExpect: {expectation}\r\nContent-Length: 1\r\n\r\nx");

        Assert.Contains($"HTTP/1.1 {status} ", reply, StringComparison.Ordinal);
    }

    private async Task<Reply> Put(string name, string value, string key = "headers:refused")
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/v1/entry?key={SiloCalls.Escape(key)}") { Content = SiloCalls.Body("value") };
        Assert.True(request.Headers.TryAddWithoutValidation(name, value) || request.Content.Headers.TryAddWithoutValidation(name, value));
        return await Reply.Of(await _http.SendAsync(request));
    }

    private async Task IsNotThere() => (await _http.Info("headers:refused")).IsProblem(404, "not_found");
}
