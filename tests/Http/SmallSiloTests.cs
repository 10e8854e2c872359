using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>What the settings of a silo bound: the size of a value, and how long a token holds.</summary>
public sealed class SmallSiloTests(SmallSilo silo) : IClassFixture<SmallSilo>
{
    private readonly HttpClient _http = silo.Http;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Put_OfAValueAtTheLimit_StoresIt(bool isChunked)
    {
        (await _http.Put("small:at", Value(SmallSilo.MaximumPayloadBytes, isChunked))).IsDone();

        Assert.Equal(SmallSilo.MaximumPayloadBytes, (await _http.Read("small:at")).Bytes.Length);
    }

    /// <summary>The head of a body is not the value.</summary>
    [Theory]
    [InlineData(0, false, 204)]
    [InlineData(0, true, 204)]
    [InlineData(1, false, 413)]
    [InlineData(1, true, 413)]
    public async Task Put_OfAValueBehindAHead_CountsTheValueAlone(int over, bool isChunked, int status)
    {
        const int HeadLength = 100_000;
        var body = new byte[HeadLength + SmallSilo.MaximumPayloadBytes + over];
        body.AsSpan(0, HeadLength).Fill((byte)' ');
        "{}"u8.CopyTo(body);
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/v1/entry?key=small:head:{over}:{isChunked}") { Content = isChunked ? SiloCalls.Chunked(body) : SiloCalls.Body(body) };
        request.Headers.Add("Tag-Cache-Head", $"{HeadLength}");

        Assert.Equal(status, (await Reply.Of(await _http.SendAsync(request))).Status);

        Assert.Equal(over == 0 ? SmallSilo.MaximumPayloadBytes : -1, (await _http.Info($"small:head:{over}:{isChunked}")) is { Status: 200 } info ? info.Json.GetProperty("size").GetInt32() : -1);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(1_000_000, false)]
    [InlineData(1_000_000, true)]
    public async Task Put_OfAValueOverTheLimit_IsRefusedAndStoresNothing(int over, bool isChunked)
    {
        var key = $"small:over:{over}:{isChunked}";

        var detail = (await _http.Put(key, Value(SmallSilo.MaximumPayloadBytes + over, isChunked))).IsProblem(413, "payload_too_large");

        Assert.Contains("1024 bytes", detail, StringComparison.Ordinal);
        (await _http.Info(key)).IsProblem(404, "not_found");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Put_OfAValueOverTheLimitWithAToken_EndsTheTokenAndLeavesTheOldValue(bool isChunked)
    {
        var key = $"small:token:{isChunked}";
        (await _http.Put(key, "old", "&revalidate=0&expire=3600")).IsDone();
        var token = (await _http.Read(key)).Token;

        (await _http.Put(key, Value(SmallSilo.MaximumPayloadBytes + 1, isChunked), token: token)).IsProblem(413, "payload_too_large");

        var next = await _http.Read(key);
        Assert.Equal("old", next.Text);
        Assert.NotNull(next.Token);
        (await _http.Put(key, "late", "&life=hours", token)).IsProblem(409, "unknown_token");
        (await _http.Put(key, "new", "&life=hours", next.Token)).IsDone();
        (await _http.Read(key)).IsHit("new");
    }

    [Fact]
    public async Task Get_WhenTheLeaseOfATokenIsOver_PassesAnotherToTheOneWhoWaits()
    {
        var token = await _http.TakeToken("small:lease");
        var waiting = await silo.StartWaiting("small:lease");

        var next = (await waiting).IsMissWithToken();

        (await _http.Put("small:lease", "late", token: token)).IsProblem(409, "unknown_token");
        (await _http.Put("small:lease", "in time", token: next)).IsDone();
        (await _http.Read("small:lease")).IsHit("in time");
    }

    private static HttpContent Value(int length, bool isChunked) =>
        isChunked ? SiloCalls.Chunked(new byte[length]) : SiloCalls.Body(new byte[length]);
}

/// <summary>A silo that takes small values and gives short leases.</summary>
public sealed class SmallSilo : SiloServer
{
    public const int MaximumPayloadBytes = 1_024;

    protected override string[] Settings => [$"--TagCache:MaximumPayloadBytes={MaximumPayloadBytes}", "--TagCache:GenerationLease=00:00:01"];
}
