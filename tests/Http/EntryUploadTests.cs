using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary><c>PUT /v1/entry</c> while its body is on its way: the value counts as made when the call came, not when its last byte did.</summary>
[Collection(SiloCollection.Name)]
public sealed class EntryUploadTests(SiloServer silo) : IDisposable
{
    private readonly HttpClient _http = silo.Http;
    private readonly HttpClient _slow = HeldBody.SlowClient(silo.Http.BaseAddress!);

    public void Dispose() => _slow.Dispose();

    [Theory]
    [InlineData("upload:updated:tag")]
    [InlineData("*")]
    public async Task Put_UpdatedWhileItsBodyComes_LeavesNothing(string updated)
    {
        var body = new HeldBody("old");
        var putting = _slow.Put("upload:updated", body, "&tag=upload:updated:tag&life=hours");
        await body.Asked;

        Assert.Equal(200, (await _http.Update(updated)).Status);
        body.Release();

        // It came first, and was overtaken: done, and nobody reads it.
        (await putting).IsDone();
        var token = (await _http.Read("upload:updated")).IsMissWithToken();
        (await _http.Abandon("upload:updated", token)).IsDone();
    }

    [Fact]
    public async Task Put_RevalidatedWhileItsBodyComes_IsStaleFromTheStart()
    {
        var body = new HeldBody("old");
        var putting = _slow.Put("upload:stale", body, "&tag=upload:stale:tag&life=hours");
        await body.Asked;

        Assert.Equal(200, (await _http.Post("/v1/tags/revalidate", new { tags = new[] { "upload:stale:tag" }, expire = 3600 })).Status);
        body.Release();

        (await putting).IsDone();
        var read = await _http.Read("upload:stale");
        Assert.Equal(("old", -1), (read.Text, read.Ttl));
        Assert.NotNull(read.Token);
    }

    [Fact]
    public async Task Put_WhileAnothersBodyComes_DoesNotWaitForIt()
    {
        var body = new HeldBody("slow");
        var putting = _slow.Put("upload:held", body, "&life=hours");
        await body.Asked;

        var token = (await _http.Read("upload:held")).IsMissWithToken();
        (await _http.Put("upload:held", "quick", "&life=hours", token)).IsDone();
        (await _http.Read("upload:held")).IsHit("quick");

        body.Release();
        (await putting).IsDone();
        (await _http.Read("upload:held")).IsHit("slow");
    }
}
