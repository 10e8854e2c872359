using System.Text;
using System.Text.Json;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary><c>POST /v1/entries/get</c>.</summary>
[Collection(SiloCollection.Name)]
public sealed class ManyEntriesEndpointTests(SiloServer silo)
{
    private readonly HttpClient _http = silo.Http;

    [Fact]
    public async Task Get_OfMany_GivesThoseThatThereAre()
    {
        (await _http.Put("many:text", SiloCalls.Body("one", "text/plain"), "&tag=many:tag")).IsDone();
        (await _http.Put("many:bytes", SiloCalls.Body("two", "application/x-two"), "&tag=many:tag&tag=many:own")).IsDone();

        foreach (var _ in Enumerable.Range(0, 2))
        {
            var reply = await Get("many:text", "many:missing", "many:bytes", "many:text");

            Assert.Equal((200, "application/json; charset=utf-8"), (reply.Status, reply.ContentType));
            Assert.Equal("no-store", reply.Header("Cache-Control"));
            Assert.Equal("[]", reply.Json.GetProperty("omitted").GetRawText());
            var entries = Entries(reply);
            Assert.Equal(["many:bytes", "many:text"], entries.Keys.Order());
            Assert.Equal(("one", "text/plain", """["many:tag"]""", "fresh"), Told(entries["many:text"]));
            Assert.Equal(("two", "application/x-two", """["many:tag","many:own"]""", "fresh"), Told(entries["many:bytes"]));
        }

        Assert.Equal(200, (await _http.Post("/v1/tags/revalidate", new { tags = new[] { "many:own" }, profile = "max" })).Status);
        Assert.Equal("stale", Entries(await Get("many:bytes"))["many:bytes"].GetProperty("state").GetString());
        Assert.Equal(200, (await _http.Update("many:tag")).Status);
        Assert.Empty(Entries(await Get("many:text", "many:bytes")));
    }

    [Fact]
    public async Task Get_OfNothing_IsEmpty() => Assert.Empty(Entries(await Get()));

    [Fact]
    public async Task Get_OfMoreThanAnAnswerHolds_NamesTheRest()
    {
        var large = new string('x', 3 * 1024 * 1024);
        string[] keys = ["many:large:0", "many:large:1", "many:large:2", "many:large:3"];
        foreach (var key in keys)
        {
            (await _http.Put(key, large)).IsDone();
        }

        var reply = await Get(keys);
        var left = reply.Json.GetProperty("omitted").EnumerateArray().Select(key => key.GetString()!).ToList();

        Assert.Equal(2, left.Count);
        Assert.Equal(keys, Entries(reply).Keys.Concat(left).Order());
        foreach (var key in keys)
        {
            (await _http.Delete(key)).IsDone();
        }
    }

    private static Dictionary<string, JsonElement> Entries(Reply reply) =>
        reply.Json.GetProperty("entries").EnumerateArray().ToDictionary(entry => entry.GetProperty("key").GetString()!);

    private static (string Value, string? Type, string Tags, string? State) Told(JsonElement entry)
    {
        Assert.InRange(entry.GetProperty("age").GetDouble(), 0, 60);
        return (
            Encoding.UTF8.GetString(entry.GetProperty("value").GetBytesFromBase64()),
            entry.GetProperty("contentType").GetString(),
            entry.GetProperty("tags").GetRawText(),
            entry.GetProperty("state").GetString());
    }

    private Task<Reply> Get(params string[] keys) => _http.Post("/v1/entries/get", new { keys });
}
