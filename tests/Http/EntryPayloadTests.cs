using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>A value comes back as it was sent: its bytes, and its Content-Type.</summary>
[Collection(SiloCollection.Name)]
public sealed class EntryPayloadTests(SiloServer silo)
{
    private readonly HttpClient _http = silo.Http;

    [Theory]
    [InlineData("text/html; charset=utf-8")]
    [InlineData("application/json")]
    [InlineData("application/vnd.api+json; profile=\"a,b\"; q=\"\\\"\"")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("TEXT/Plain;Charset=LATIN1")]
    [InlineData("garbage")]
    [InlineData("a/b; ~!@#$%^&*()")]
    public async Task Get_OfAnOddContentType_AnswersItAsItWasSent(string contentType)
    {
        (await _http.Put("payload:type", SiloCalls.Body("a=b&c=d", contentType))).IsDone();

        var reply = await _http.Read("payload:type");

        reply.IsHit("a=b&c=d");
        Assert.Equal(contentType, reply.ContentType);
        Assert.Equal("nosniff", reply.Header("X-Content-Type-Options"));
    }

    [Fact]
    public async Task Get_OfAValueWithoutAContentType_IsOctets()
    {
        (await _http.Put("payload:untyped", SiloCalls.Body("<html>"))).IsDone();

        var reply = await _http.Read("payload:untyped");

        reply.IsHit("<html>");
        Assert.Equal("application/octet-stream", reply.ContentType);
    }

    [Fact]
    public async Task Put_OfTheLongestContentType_Stores()
    {
        var contentType = "text/" + new string('x', 251);
        (await _http.Put("payload:longest", SiloCalls.Body("1", contentType))).IsDone();

        Assert.Equal(contentType, (await _http.Read("payload:longest")).ContentType);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Get_OfAnEmptyValue_IsAHitOfNothing(bool isChunked)
    {
        (await _http.Put("payload:empty", isChunked ? SiloCalls.Chunked([]) : SiloCalls.Body([]))).IsDone();

        var reply = await _http.Read("payload:empty");

        reply.IsHit(string.Empty);
        Assert.Equal("0", reply.Header("Content-Length"));
        Assert.Equal(0, (await _http.Info("payload:empty")).Json.GetProperty("size").GetInt32());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Get_OfABinaryValue_AnswersTheSameBytes(bool isChunked)
    {
        // Every byte, and more than one read of the body.
        var bytes = new byte[100_003];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)(i * 7 + i / 256);
        }

        (await _http.Put("payload:binary", isChunked ? SiloCalls.Chunked(bytes) : SiloCalls.Body(bytes))).IsDone();

        Assert.Equal(bytes, (await _http.Read("payload:binary")).Bytes);
    }

    [Fact]
    public async Task Put_OfTheLargestValueThatIsAllowedByDefault_Stores()
    {
        var largest = new byte[4 * 1024 * 1024];
        largest[^1] = 1;
        (await _http.Put("payload:largest", SiloCalls.Body(largest))).IsDone();

        Assert.Equal(largest, (await _http.Read("payload:largest")).Bytes);
        var detail = (await _http.Put("payload:larger", SiloCalls.Body([.. largest, 2]))).IsProblem(413, "payload_too_large");
        Assert.Contains("4194304", detail, StringComparison.Ordinal);
        (await _http.Info("payload:larger")).IsProblem(404, "not_found");
    }
}
