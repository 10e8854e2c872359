using System.Text;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>Whatever is wrong with a request, it is told so in problem details, and leaves nothing behind: no entry, no echo, no log line.</summary>
public sealed class BadInputTests(BadInputSilo silo) : IClassFixture<BadInputSilo>
{
    private readonly HttpClient _http = silo.Http;

    public static TheoryData<string> Names => [.. BadInput.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Request_WithBadInput_IsRefusedAndLeavesNothing(string name)
    {
        var bad = BadInput.All[name];

        using var request = new HttpRequestMessage(new(bad.Method), bad.Path) { Content = bad.Body is { } body ? SiloCalls.Body(body, "application/json") : null };
        Assert.True(bad.Head is null || request.Headers.TryAddWithoutValidation("Tag-Cache-Head", bad.Head));

        var reply = await Reply.Of(await _http.SendAsync(request));

        Assert.Contains(bad.Detail, reply.IsProblem(bad.Status, bad.Code), StringComparison.Ordinal);
        Assert.Equal("no-store", reply.Header("Cache-Control"));
        await LeavesNothing(reply);
    }

    [Theory]
    [InlineData("/v1/entry?key=zqxjmarker&wait=abczqxjmarker")]
    [InlineData("/v1/entry?key=zqxjmarker&wait=")]
    [InlineData("/v1/tag/entries?tag=zqxjmarker&limit=abczqxjmarker")]
    [InlineData("/v1/tag/entries?tag=zqxjmarker&limit=1.5")]
    [InlineData("/v1/tag/entries?tag=zqxjmarker&limit=99999999999")]
    [InlineData("/v1/entry?key=zqxjmarker%FF")]
    [InlineData("/v1/entry?key=zqxjmarker%ED%A0%80")]
    [InlineData("/v1/entry?key=zqxjmarker&key=other")]
    public async Task Request_WithAParameterThatCannotBeRead_IsRefusedAndLeavesNothing(string path)
    {
        var reply = await _http.Ask(path);

        Assert.Equal((400, "application/problem+json"), (reply.Status, reply.ContentType));
        Assert.Equal("invalid_argument", reply.Json.GetProperty("code").GetString());
        Assert.NotEqual(string.Empty, reply.Json.GetProperty("detail").GetString());
        await LeavesNothing(reply);
    }

    [Theory]
    [InlineData(257, 'x', "at most 256 units; this one has 257.")]
    [InlineData(64, 'é', "must be printable ASCII")]
    public async Task Put_OfABadContentType_IsRefusedAndLeavesNothing(int length, char unit, string detail)
    {
        var contentType = BadInput.Marker + new string(unit, length - BadInput.Marker.Length);

        var reply = await _http.Put(BadInput.Marker, SiloCalls.Body("value", contentType));

        Assert.Contains(detail, reply.IsProblem(400, "invalid_argument"), StringComparison.Ordinal);
        await LeavesNothing(reply);
    }

    [Theory]
    [InlineData("zz")]
    [InlineData("-1")]
    [InlineData("80000000")]
    [InlineData("FFFFFFFFFFFFFFFF")]
    public async Task Body_WithAChunkSizeThatIsNone_IsRefusedAndLeavesNothing(string size)
    {
        var text = await Exchange(
            $"PUT /v1/entry?key={BadInput.Marker} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\nvalue\r\n0\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 400 ", text, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"bad_request\"", text, StringComparison.Ordinal);
        await LeavesNothing(new(400, Encoding.UTF8.GetBytes(text), new Dictionary<string, string>()));
    }

    [Theory]
    [InlineData("evil.example", "")]
    [InlineData("127.0.0.1.evil.example", "")]
    [InlineData("xn--nxasmq6b", "")]
    [InlineData("localhost.", "")]
    [InlineData("10.0.0.1", "")]
    [InlineData("127.0.0.1", "Origin: http://evil.example")]
    [InlineData("127.0.0.1", "Origin: null")]
    [InlineData("127.0.0.1", "Origin: https://127.0.0.1")]
    [InlineData("127.0.0.1", "Sec-Fetch-Site: cross-site")]
    [InlineData("127.0.0.1", "Sec-Fetch-Site: same-site")]
    [InlineData("127.0.0.1", "X-Forwarded-For: 127.0.0.1")]
    [InlineData("127.0.0.1", "Forwarded: for=127.0.0.1")]
    [InlineData("127.0.0.1", "X-Real-IP: 127.0.0.1")]
    [InlineData("127.0.0.1", "Via: 1.1 proxy")]
    public async Task Request_OfAWebPageOrUnderAnotherNameOrForSomebodyElse_IsRefusedWhereThereAreNoKeys(string host, string header)
    {
        var text = await Exchange($"GET /v1/entry?key=page&wait=0 HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{(header.Length > 0 ? header + "\r\n" : string.Empty)}\r\n");

        Assert.StartsWith("HTTP/1.1 403 ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Tag-Cache-Token", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:8080")]
    [InlineData("127.0.0.1:1")]
    [InlineData("[::1]:8080")]
    [InlineData("[::1]")]
    public async Task Request_OfAProgramOfThisMachine_IsAnsweredWhereThereAreNoKeys(string host) =>
        Assert.StartsWith("HTTP/1.1 404 ", await Exchange($"GET /v1/entry/info?key=page HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);

    [Fact]
    public async Task Document_UnderAHostThatIsNone_IsNoFault() =>
        Assert.StartsWith("HTTP/1.1 4", await Exchange("GET /openapi/v1.json HTTP/1.1\r\nHost: xn--0\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);

    [Fact]
    public void Log_OfTheProgram_IsWhatTheTestsLookInto() => Assert.Contains("Serving.", silo.Log.Text, StringComparison.Ordinal);

    private Task<string> Exchange(string request) => RawCall.Exchange(_http.BaseAddress!, request);

    private async Task LeavesNothing(Reply reply)
    {
        Assert.DoesNotContain(BadInput.Marker, reply.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Null(reply.Token);
        Assert.DoesNotContain(BadInput.Marker, silo.Log.Text, StringComparison.OrdinalIgnoreCase);
        var totals = (await _http.Ask("/v1/cluster")).Json.GetProperty("totals");
        Assert.Equal((1, 0), (totals.GetProperty("serving").GetInt32(), totals.GetProperty("entries").GetInt32()));
    }
}
