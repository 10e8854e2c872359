using System.Text;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>PUT with <c>Tag-Cache-Head</c>: the first bytes of the body say what the value behind them bears.</summary>
[Collection(SiloCollection.Name)]
public sealed class EntryHeadTests(SiloServer silo)
{
    private readonly HttpClient _http = silo.Http;

    [Fact]
    public async Task Put_WithAHead_StoresWhatIsBehindItUnderItsTagsAndLife()
    {
        (await Put("head:all", """{"tags":["head:a","head:b","head:a"],"stale":1,"revalidate":60,"expire":3600.5}""", "value")).IsDone();

        var read = await _http.Read("head:all");
        read.IsHit("value");
        Assert.Equal("application/x-value", read.ContentType);
        var info = (await _http.Info("head:all")).Json;
        Assert.Equal(["head:a", "head:b"], info.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()!).Order(StringComparer.Ordinal));
        Assert.Equal((1, 60, 3600.5), (Seconds("stale"), Seconds("revalidate"), Seconds("expire")));
        Assert.Equal(200, (await _http.Update("head:b")).Status);
        (await _http.Info("head:all")).IsProblem(404, "not_found");

        double Seconds(string name) => info.GetProperty("life").GetProperty(name).GetDouble();
    }

    [Theory]
    [InlineData("{}", -1, "default")]
    [InlineData("""{"tags":null,"life":null}""", -1, "default")]
    [InlineData("""{"life":"weeks"}""", -1, "weeks")]
    [InlineData("\ufeff{\"life\":\"weeks\"}  \r\n", -1, "weeks")]
    [InlineData("{\"\\u006cife\":\"weeks\"}{}", 21, "weeks")]
    [InlineData("""{"Life":"weeks"}""", -1, "weeks")]
    public async Task Put_WithAHead_HasTheSameLifeAsWithItInTheQuery(string head, int length, string profile)
    {
        var key = $"head:life:{head.Length}:{head.AsSpan(1, 1)}";
        (await Put(key, head, "value", length)).IsDone();
        (await _http.Put("head:life", "value", $"&life={profile}")).IsDone();

        Assert.Equal((await _http.Info("head:life")).Json.GetProperty("life").GetRawText(), (await _http.Info(key)).Json.GetProperty("life").GetRawText());
        Assert.EndsWith("value", (await _http.Read(key)).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_000_000)]
    public async Task Put_WithAHeadInChunks_StoresTheValue(int length)
    {
        var head = """{"tags":["head:chunks"]}"""u8.ToArray();
        var value = new byte[length];
        new Random(7).NextBytes(value);
        using var body = SiloCalls.Chunked([.. head, .. value]);
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/v1/entry?key=head:chunks:{length}") { Content = body };
        request.Headers.Add("Tag-Cache-Head", $"{head.Length}");

        (await Reply.Of(await _http.SendAsync(request))).IsDone();

        Assert.Equal(value, (await _http.Read($"head:chunks:{length}")).Bytes);
    }

    [Fact]
    public async Task Put_WithAsManyTagsAsAnEntryMayHave_OfTheirLongest_Stores()
    {
        string[] tags = [.. Enumerable.Range(1_000, 1_024).Select(i => i + new string('\u5b57', 252))];
        var head = $$"""{"tags":["{{string.Join("\",\"", tags)}}"]}""";

        (await Put("head:longest", head, "value")).IsDone();

        Assert.Equal(1_024, (await _http.Info("head:longest")).Json.GetProperty("tags").GetArrayLength());
        Assert.Equal(200, (await _http.Update(tags[^1])).Status);
        (await _http.Info("head:longest")).IsProblem(404, "not_found");
    }

    [Fact]
    public async Task Put_WithAHeadAndATokenOrAMoment_IsJudgedByThatToo()
    {
        var miss = await _http.Read("head:token");
        Assert.Equal(200, (await _http.Update("head:judged")).Status);
        (await Put("head:token", """{"tags":["head:judged"]}""", "old", token: miss.IsMissWithToken())).IsProblem(409, "superseded");
        (await Put("head:token", """{"tags":["head:judged"]}""", "old", query: $"&since={miss.Header("Tag-Cache-As-Of")}")).IsProblem(409, "superseded");
        (await Put("head:token", """{"tags":["head:judged"]}""", "new", token: await _http.TakeToken("head:token"))).IsDone();
        (await _http.Read("head:token")).IsHit("new");
    }

    private Task<Reply> Put(string key, string head, string value, int length = -1, string? token = null, string query = "")
    {
        var bytes = Encoding.UTF8.GetBytes(head);
        var body = SiloCalls.Body([.. bytes, .. Encoding.UTF8.GetBytes(value)], "application/x-value");
        return Send();

        async Task<Reply> Send()
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, $"/v1/entry?key={SiloCalls.Escape(key)}{query}") { Content = body };
            request.Headers.Add("Tag-Cache-Head", $"{(length < 0 ? bytes.Length : length)}");
            Assert.True(token is null || request.Headers.TryAddWithoutValidation("Tag-Cache-Token", token));
            return await Reply.Of(await _http.SendAsync(request));
        }
    }
}
