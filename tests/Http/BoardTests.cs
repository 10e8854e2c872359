using System.Text.Json;
using OrleansTagCache.Http.Boards;
using OrleansTagCache.Http.Limits;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary><c>/v1/traffic</c>, <c>/v1/updates</c> and <c>/v1/keys</c> of one silo.</summary>
[Collection(SiloCollection.Name)]
public sealed class BoardTests(SiloServer silo)
{
    private static readonly string[] MemberNames =
    [
        "silo", "serving", "leaseSeconds", "entries", "bytes", "maximumBytes", "openUpdates", "delayedBy", "holds", "sessions", "interest", "pushes", "nearEntries", "toSend", "evictions",
        "hits", "stale", "misses", "near", "updates", "updateSeconds", "updateBuckets",
    ];

    private readonly HttpClient _http = silo.Http;

    [Fact]
    public async Task Traffic_IsToldAtOnceAndThenEachSecond()
    {
        await using var reader = await EventReader.Open(_http, "/v1/traffic");
        var first = await reader.Next("traffic");
        Assert.Equal(["at", "members", "unreachable"], Names(first));
        Assert.InRange((first.GetProperty("at").GetDateTimeOffset() - TimeProvider.System.GetUtcNow()).TotalMinutes, -1, 1);
        Assert.Equal("[]", first.GetProperty("unreachable").GetRawText());
        var before = Assert.Single(first.GetProperty("members").EnumerateArray());
        Assert.Equal(MemberNames, Names(before));
        Assert.True(before.GetProperty("serving").GetBoolean());

        (await _http.Put("board:traffic", "1", "&tag=board:traffic")).IsDone();
        (await _http.Read("board:traffic")).IsHit("1");
        Assert.Equal(200, (await _http.Update("board:traffic")).Status);
        await _http.TakeToken("board:traffic");

        // The state of the next second may have been asked for before that.
        await reader.Next("traffic");
        var after = (await reader.Next("traffic")).GetProperty("members")[0];
        Assert.All(["hits", "misses"], name => Assert.InRange(Long(after, name) - Long(before, name), 1, 1_000_000));
        Assert.InRange(Long(after, "updates") - Long(before, "updates"), 2, 1_000_000);
        var buckets = after.GetProperty("updateBuckets").EnumerateArray().ToList();
        Assert.Equal((JsonValueKind.Null, Long(after, "updates")), (buckets[^1].GetProperty("le").ValueKind, Long(buckets[^1], "count")));
        Assert.Equal(buckets.Select(bucket => Long(bucket, "count")).Order(), buckets.Select(bucket => Long(bucket, "count")));
        Assert.Equal((0.0001, 30), (buckets[0].GetProperty("le").GetDouble(), buckets[^2].GetProperty("le").GetDouble()));
        Assert.InRange(after.GetProperty("updateSeconds").GetDouble(), double.Epsilon, 1_000);
    }

    [Fact]
    public async Task Traffic_OfManyReaders_AsksTheSilosOnceASecond()
    {
        var feed = silo.Get<TrafficFeed>();
        var readers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => EventReader.Open(_http, "/v1/traffic")));
        await Task.WhenAll(readers.Select(reader => reader.Next("traffic")));
        Assert.InRange(feed.Readers, 10, 20);
        var (rounds, since) = (feed.Rounds, TimeProvider.System.GetTimestamp());
        for (var i = 0; i < 2; i++)
        {
            var states = await Task.WhenAll(readers.Select(reader => reader.Next("traffic")));
            Assert.InRange(states.Select(state => state.GetProperty("at").GetString()).Distinct().Count(), 1, 2);
        }

        Assert.InRange(feed.Rounds - rounds, 2, (long)TimeProvider.System.GetElapsedTime(since).TotalSeconds + 2);
        foreach (var reader in readers)
        {
            await reader.DisposeAsync();
        }

        await silo.NoRequestRuns();
        Assert.Equal((0, 0), (feed.Readers, silo.Get<RequestLimits>().EventStreams.Taken));
    }

    [Fact]
    public async Task Keys_ThatAreReadMost_AreEstimated()
    {
        (await _http.Put("board:hot", "hot", "&life=hours")).IsDone();
        (await _http.Put("board:cold", "cold", "&life=hours")).IsDone();
        const int Reads = 32 * 40;
        for (var i = 0; i < Reads; i++)
        {
            await _http.Read("board:hot");
        }

        await _http.Read("board:cold");
        var page = (await _http.Ask("/v1/keys?by=reads&limit=5")).Json;
        Assert.Equal(["by", "keys", "sampledReads", "unreachable"], Names(page));
        Assert.Equal(("reads", "[]"), (page.GetProperty("by").GetString(), page.GetProperty("unreachable").GetRawText()));
        var hot = page.GetProperty("keys")[0];
        Assert.Equal(["key", "silo", "reads", "share", "bytes", "ageSeconds", "state"], Names(hot));
        Assert.Equal(("board:hot", "fresh"), (hot.GetProperty("key").GetString(), hot.GetProperty("state").GetString()));
        Assert.InRange(Long(hot, "reads"), Reads / 2, Reads * 2);
        Assert.InRange(hot.GetProperty("share").GetDouble(), 0.01, 1);
        Assert.InRange(Long(page, "sampledReads"), Reads / 64, 10_000_000);
        Assert.InRange(Long(hot, "bytes"), 640, 10_000);
    }

    [Fact]
    public async Task Keys_ThatWeighMost_ComeFirst()
    {
        foreach (var (key, bytes) in new[] { ("board:large", 300_000), ("board:larger", 400_000), ("board:largest", 500_000) })
        {
            (await _http.Put(key, new string('x', bytes), "&life=hours")).IsDone();
        }

        // Other tests keep large values in the same silo.
        var keys = (await _http.Ask("/v1/keys?by=size&limit=100")).Json.GetProperty("keys").EnumerateArray().ToArray();
        var own = Array.FindAll(keys, key => key.GetProperty("key").GetString()!.StartsWith("board:large", StringComparison.Ordinal));
        Assert.Equal(["board:largest", "board:larger", "board:large"], own.Select(key => key.GetProperty("key").GetString()));
        Assert.InRange(Long(own[0], "bytes"), 500_000, 510_000);
        Assert.Equal(keys.OrderByDescending(key => Long(key, "bytes")).Select(key => Long(key, "bytes")), keys.Select(key => Long(key, "bytes")));
        Assert.Equal(2, (await _http.Ask("/v1/keys?by=size&limit=2")).Json.GetProperty("keys").GetArrayLength());
    }

    [Theory]
    [InlineData("/v1/keys?by=age")]
    [InlineData("/v1/keys?limit=0")]
    [InlineData("/v1/keys?limit=101")]
    [InlineData("/v1/keys?by=reads&by=size")]
    public async Task Keys_OfAnotherOrder_AreRefused(string path) => (await _http.Ask(path)).IsProblem(400, "invalid_argument");

    [Fact]
    public async Task Updates_ThatWereSlow_AreTold()
    {
        (await _http.Put("board:slow", "1", "&tag=board:slow")).IsDone();
        Assert.Equal(200, (await _http.Update("board:slow")).Status);

        var page = (await _http.Ask("/v1/updates")).Json;

        Assert.Equal(["updates", "unreachable"], Names(page));
        foreach (var update in page.GetProperty("updates").EnumerateArray())
        {
            Assert.Equal(["tags", "more", "namespace", "kind", "silo", "at", "elapsedMs", "isOpen", "delayedBy"], Names(update));
            Assert.InRange(update.GetProperty("elapsedMs").GetDouble(), 1, 1_000_000);
        }
    }

    private static long Long(JsonElement value, string name) => value.GetProperty(name).GetInt64();

    private static IEnumerable<string> Names(JsonElement value) => value.EnumerateObject().Select(property => property.Name);
}
