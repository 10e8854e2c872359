using System.Text.Json;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary><c>GET /v1/entry/info</c>.</summary>
[Collection(SiloCollection.Name)]
public sealed class EntryInfoTests(SiloServer silo)
{
    private readonly HttpClient _http = silo.Http;

    [Fact]
    public async Task Info_OfAnEntry_TellsAllButItsValue()
    {
        (await _http.Put("info:all", SiloCalls.Body("secret", "text/plain"), "&tag=info:a&tag=info:b&stale=1.5&revalidate=60&expire=120")).IsDone();

        var reply = await _http.Info("info:all");

        Assert.Equal((200, "application/json; charset=utf-8"), (reply.Status, reply.ContentType));
        Assert.Equal("no-store", reply.Header("Cache-Control"));
        Assert.DoesNotContain("secret", reply.Text, StringComparison.Ordinal);
        Assert.Equal(
            ["key", "tags", "life", "age", "state", "size", "contentType", "compressed", "encrypted", "silo"],
            reply.Json.EnumerateObject().Select(property => property.Name));
        Assert.Equal("info:all", reply.Json.GetProperty("key").GetString());
        Assert.Equal("""["info:a","info:b"]""", reply.Json.GetProperty("tags").GetRawText());
        Assert.Equal("""{"stale":1.5,"revalidate":60,"expire":120}""", reply.Json.GetProperty("life").GetRawText());
        Assert.InRange(reply.Json.GetProperty("age").GetDouble(), 0, 60);
        Assert.Equal("fresh", reply.Json.GetProperty("state").GetString());
        Assert.Equal(6, reply.Json.GetProperty("size").GetInt32());
        Assert.Equal("text/plain", reply.Json.GetProperty("contentType").GetString());
        Assert.Equal((await _http.Ask("/v1/cluster")).Json.GetProperty("silo").GetString(), reply.Json.GetProperty("silo").GetString());
    }

    [Theory]
    [InlineData("", "300", "900", "null")]
    [InlineData("&life=default", "300", "900", "null")]
    [InlineData("&life=seconds", "30", "1", "60")]
    [InlineData("&life=minutes", "300", "60", "3600")]
    [InlineData("&life=hours", "300", "3600", "86400")]
    [InlineData("&life=days", "300", "86400", "604800")]
    [InlineData("&life=weeks", "300", "604800", "2592000")]
    [InlineData("&life=max", "300", "2592000", "31536000")]
    [InlineData("&stale=7", "7", "900", "null")]
    [InlineData("&revalidate=7", "300", "7", "null")]
    [InlineData("&expire=7", "300", "7", "7")]
    public async Task Info_OfALife_NamesItsSeconds(string life, string stale, string revalidate, string expire)
    {
        (await _http.Put("info:life", "1", life)).IsDone();

        Assert.Equal(
            $$"""{"stale":{{stale}},"revalidate":{{revalidate}},"expire":{{expire}}}""",
            (await _http.Info("info:life")).Json.GetProperty("life").GetRawText());
    }

    [Fact]
    public async Task Info_OfAStaleEntry_SaysSo()
    {
        (await _http.Put("info:stale", "1", "&revalidate=0&expire=60")).IsDone();

        Assert.Equal("stale", (await _http.Info("info:stale")).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Info_OfAnEntryWithoutAContentType_HasNone()
    {
        (await _http.Put("info:untyped", SiloCalls.Body("1"))).IsDone();

        Assert.Equal(JsonValueKind.Null, (await _http.Info("info:untyped")).Json.GetProperty("contentType").ValueKind);
    }

    [Fact]
    public async Task Info_OfNothing_IsNotFoundAndTakesNoToken()
    {
        (await _http.Info("info:nothing")).IsProblem(404, "not_found");

        await _http.TakeToken("info:nothing");
    }

    [Fact]
    public async Task Info_AfterAnUpdateOfATag_IsNotFound()
    {
        (await _http.Put("info:updated", "1", "&tag=info:updated:tag")).IsDone();
        Assert.Equal(200, (await _http.Update("info:updated:tag")).Status);

        (await _http.Info("info:updated")).IsProblem(404, "not_found");
    }

    [Fact]
    public async Task Info_WhileItIsGenerated_IsNotFound()
    {
        await _http.TakeToken("info:generated");

        (await _http.Info("info:generated")).IsProblem(404, "not_found");
    }
}
