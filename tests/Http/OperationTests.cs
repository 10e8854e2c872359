using System.Text.Json;
using OrleansTagCache.Contracts;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>What operators and tools look at: the cluster, health, metrics, the OpenAPI document, and routes that do not exist.</summary>
[Collection(SiloCollection.Name)]
public sealed class OperationTests(SiloServer silo)
{
    private readonly HttpClient _http = silo.Http;

    [Fact]
    public async Task Cluster_OfOneSilo_TellsOfItAndSumsItUp()
    {
        (await _http.Put("operation:cluster", "1")).IsDone();
        (await _http.Read("operation:cluster")).IsHit("1");

        var reply = await _http.Ask("/v1/cluster");

        Assert.Equal((200, "no-store"), (reply.Status, reply.Header("Cache-Control")));
        var cluster = reply.Json;
        Assert.Equal(["clusterId", "silo", "totals", "members", "unreachable"], Names(cluster));
        Assert.Equal("tagcache", cluster.GetProperty("clusterId").GetString());
        Assert.Equal("[]", cluster.GetProperty("unreachable").GetRawText());
        var member = Assert.Single(cluster.GetProperty("members").EnumerateArray());
        Assert.Equal(cluster.GetProperty("silo").GetString(), member.GetProperty("silo").GetString());
        Assert.True(member.GetProperty("serving").GetBoolean());
        Assert.InRange(member.GetProperty("leaseSeconds").GetDouble(), 0.001, 5);
        Assert.Equal(0, member.GetProperty("openUpdates").GetInt32());
        Assert.Equal(0, member.GetProperty("evictions").GetInt32());
        Assert.InRange(member.GetProperty("bytes").GetInt64(), 1, member.GetProperty("maximumBytes").GetInt64());
        Assert.InRange(member.GetProperty("hitRatio").GetDouble(), 0.0001, 1);

        var moves = member.GetProperty("moves");
        Assert.Equal(["owners", "settled", "toSend", "sent", "notKept", "fillingSeconds"], Names(moves));
        Assert.Equal(1, moves.GetProperty("owners").GetInt32());
        Assert.Equal(["copies", "bytes", "waiting", "behind"], Names(member.GetProperty("standby")));
        Assert.Equal(["held", "oldestSeconds"], Names(member.GetProperty("holds")));
        Assert.Equal(("0", "0", "null"), (moves.GetProperty("toSend").GetRawText(), moves.GetProperty("sent").GetRawText(), moves.GetProperty("fillingSeconds").GetRawText()));

        Assert.Equal(ProtocolVersions.OfThisBuild.Product, member.GetProperty("version").GetString());
        Assert.Equal(
            $$"""{"oldest":{{ProtocolVersion.Oldest}},"newest":{{ProtocolVersion.Newest}},"spoken":{{ProtocolVersion.Newest}}}""", member.GetProperty("protocol").GetRawText());

        var totals = cluster.GetProperty("totals");
        Assert.Equal(["members", "serving", "entries", "bytes", "sessions", "hitRatio"], Names(totals));
        Assert.Equal((1, 1), (totals.GetProperty("members").GetInt32(), totals.GetProperty("serving").GetInt32()));
        Assert.All(["entries", "bytes", "sessions", "hitRatio"], name =>
            Assert.Equal(member.GetProperty(name).GetRawText(), totals.GetProperty(name).GetRawText()));
    }

    [Fact]
    public async Task Diagnostics_OfOneSilo_TellOfItsStoreAndItsProcess()
    {
        var reply = await _http.Ask("/v1/diagnostics");

        Assert.Equal((200, "no-store"), (reply.Status, reply.Header("Cache-Control")));
        var told = reply.Json;
        Assert.Equal(["clusterId", "serviceId", "silo", "clock", "store", "members", "unreachable"], Names(told));
        Assert.Equal(("tagcache", "tagcache"), (told.GetProperty("clusterId").GetString(), told.GetProperty("serviceId").GetString()));
        Assert.InRange(told.GetProperty("store").GetProperty("elapsedMs").GetDouble(), 0, 3_000);
        Assert.Equal(JsonValueKind.Null, told.GetProperty("store").GetProperty("fault").ValueKind);
        Assert.InRange((told.GetProperty("clock").GetDateTimeOffset() - TimeProvider.System.GetUtcNow()).TotalMinutes, -1, 1);
        var member = Assert.Single(told.GetProperty("members").EnumerateArray());
        Assert.Equal(["silo", "machine", "processId", "runtime", "uptimeSeconds", "leaseSeconds", "leaseLengthSeconds", "clock", "pool", "memory", "certificate"], Names(member));
        Assert.Equal((told.GetProperty("silo").GetString(), Environment.ProcessId, Environment.MachineName), (member.GetProperty("silo").GetString(), member.GetProperty("processId").GetInt32(), member.GetProperty("machine").GetString()));
        Assert.Equal(5, member.GetProperty("leaseLengthSeconds").GetDouble());
        var clock = member.GetProperty("clock");
        Assert.InRange(Math.Abs(clock.GetProperty("aheadSeconds").GetDouble()), 0, clock.GetProperty("withinSeconds").GetDouble() + 0.05);
        Assert.Equal(Environment.ProcessorCount, member.GetProperty("pool").GetProperty("processors").GetInt32());
        Assert.InRange(member.GetProperty("pool").GetProperty("delayMs").GetDouble(), 0, 60_000);
        Assert.InRange(member.GetProperty("memory").GetProperty("inUseBytes").GetInt64(), 0, member.GetProperty("memory").GetProperty("availableBytes").GetInt64());
        Assert.Equal(JsonValueKind.Null, member.GetProperty("certificate").ValueKind);
    }

    [Fact]
    public async Task Cluster_AfterReads_HasCountedThem()
    {
        (await _http.Put("operation:reads", "1", "&revalidate=3600&expire=7200&tag=operation:reads:tag")).IsDone();
        var (hits, staleHits, misses) = await Reads();

        (await _http.Read("operation:reads")).IsHit("1");
        Assert.Equal((hits + 1, staleHits, misses), await Reads());

        Assert.Equal(200, (await _http.Post("/v1/tags/revalidate", new { tags = new[] { "operation:reads:tag" }, profile = "max" })).Status);
        Assert.True((await _http.Read("operation:reads")).Ttl < 0);
        Assert.Equal((hits + 1, staleHits + 1, misses), await Reads());

        await _http.TakeToken("operation:reads:miss");
        Assert.Equal((hits + 1, staleHits + 1, misses + 1), await Reads());
    }

    [Theory]
    [InlineData("/health/live", "live")]
    [InlineData("/health/ready", "ready")]
    public async Task Health_OfAServingSilo_IsGood(string path, string text)
    {
        var reply = await _http.Ask(path);

        Assert.Equal((200, text), (reply.Status, reply.Text));
    }

    [Fact]
    public async Task Metrics_InThePrometheusFormat_HoldTheCachesAndNoKeysOrTags()
    {
        (await _http.Put("operation-metrics-key", "1", "&tag=operation-metrics-tag")).IsDone();
        (await _http.Read("operation-metrics-key")).IsHit("1");
        Assert.Equal(200, (await _http.Update("operation-metrics-tag")).Status);

        var reply = await _http.Ask("/metrics");

        Assert.Equal(200, reply.Status);
        Assert.StartsWith("text/plain", reply.ContentType, StringComparison.Ordinal);
        Assert.All(
            [
                "# TYPE tagcache_entry_reads_total counter",
                "# TYPE tagcache_entry_commits_total counter",
                "# TYPE tagcache_entry_count gauge",
                "# TYPE tagcache_lease_remaining_seconds gauge",
                "tagcache_outcome=\"hit\"",
                "tagcache_outcome=\"stored\"",
            ],
            line => Assert.Contains(line, reply.Text, StringComparison.Ordinal));
        Assert.DoesNotContain("operation-metrics", reply.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenApi_Document_NamesEveryPathAndMethod()
    {
        var reply = await _http.Ask("/openapi/v1.json");

        Assert.Equal(200, reply.Status);
        Assert.StartsWith("application/json", reply.ContentType, StringComparison.Ordinal);
        Assert.StartsWith("3.", reply.Json.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        string[] operations =
        [
            .. reply.Json.GetProperty("paths").EnumerateObject()
                .SelectMany(path => path.Value.EnumerateObject().Select(call => $"{call.Name} {path.Name}")),
        ];
        Assert.Equal(
            [
                "delete /v1/entry",
                "get /v1/cluster",
                "get /v1/diagnostics",
                "get /v1/entry",
                "get /v1/entry/info",
                "get /v1/events",
                "get /v1/keys",
                "get /v1/session",
                "get /v1/tag",
                "get /v1/tag/entries",
                "get /v1/tags",
                "get /v1/traffic",
                "get /v1/updates",
                "get /v1/warmups",
                "post /v1/entries/get",
                "post /v1/entry/abandon",
                "post /v1/hooks/{name}",
                "post /v1/tags/hold",
                "post /v1/tags/release",
                "post /v1/tags/revalidate",
                "post /v1/tags/update",
                "put /v1/entry",
            ],
            operations.Order(StringComparer.Ordinal));
        Assert.Equal("bearer", reply.Json.GetProperty("components").GetProperty("securitySchemes").GetProperty("accessKey").GetProperty("scheme").GetString());
    }

    [Theory]
    [InlineData("GET", "/v1/nothing", 404, "not_found")]
    [InlineData("GET", "/", 404, "not_found")]
    [InlineData("POST", "/v1/entry?key=a", 405, "method_not_allowed")]
    [InlineData("GET", "/v1/tags/update", 405, "method_not_allowed")]
    [InlineData("GET", "/v1/entry/abandon?key=a", 405, "method_not_allowed")]
    public async Task Request_OfARouteThatDoesNotExist_IsAProblemWithACode(string method, string path, int status, string code)
    {
        var reply = await _http.Send(new(method), path);

        Assert.Equal((status, "application/problem+json"), (reply.Status, reply.ContentType));
        Assert.Equal(code, reply.Json.GetProperty("code").GetString());
    }

    private async Task<(long Hits, long StaleHits, long Misses)> Reads()
    {
        var member = (await _http.Ask("/v1/cluster")).Json.GetProperty("members")[0];
        return (member.GetProperty("hits").GetInt64(), member.GetProperty("staleHits").GetInt64(), member.GetProperty("misses").GetInt64());
    }

    private static IEnumerable<string> Names(JsonElement value) => value.EnumerateObject().Select(property => property.Name);
}
