using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>What a silo exports of the tags that its settings name, whatever they are called.</summary>
[Collection(SiloCollection.Name)]
public sealed class MetricTagsTests(MetricTagsTests.MeasuredSilo silo) : IClassFixture<MetricTagsTests.MeasuredSilo>
{
    /// <summary>A quotation mark, a backslash, a brace, a letter beyond ASCII.</summary>
    private const string Hostile = "shop:\"\\}é";

    [Fact]
    public async Task Metrics_HaveTheTagsOfTheSettings_AndNoOthers()
    {
        (await silo.Http.Put("one", "1", $"&tag=shop:a&tag=secret&tag={Uri.EscapeDataString(Hostile)}")).IsDone();
        (await silo.Http.Put("two", "1", "&tag=shop:a&tag=shop:third")).IsDone();
        Assert.Equal(200, (await silo.Http.Update("shop:b")).Status);
        Assert.Equal(200, (await silo.Http.Update("secret")).Status);
        Assert.Equal(200, (await silo.Http.Update(Hostile)).Status);
        Assert.Equal(200, (await silo.Http.Post("/v1/tags/revalidate", new { tags = new[] { "shop:a" }, profile = "max" })).Status);

        var lines = (await silo.Http.Ask("/metrics")).Text.Split('\n');

        Assert.Equal([("", "update", 1), ("shop:\"\\}é", "update", 1), ("shop:a", "revalidate", 1L)], Series(lines, "tagcache_tag_updates_total"));
        Assert.Equal([("", "", 1), ("shop:\"\\}é", "", 0), ("shop:a", "", 2L)], Series(lines, "tagcache_tag_dependent_count"));
        Assert.DoesNotContain(lines, line => line.Contains("secret", StringComparison.Ordinal));
    }

    private static (string Tag, string Operation, long Count)[] Series(string[] lines, string series) =>
    [
        .. lines.Where(line => line.StartsWith(series + '{', StringComparison.Ordinal))
            .Select(line => (Value(line, "tagcache_tag"), Value(line, "tagcache_operation"), long.Parse(Regex.Match(line, @"\} (\d+)").Groups[1].Value, CultureInfo.InvariantCulture)))
            .Order(),
    ];

    private static string Value(string line, string label) => Regex.Unescape(Regex.Match(line, $"[{{,]{label}=\"(?<value>([^\"\\\\]|\\\\.)*)\"").Groups["value"].Value);

    /// <summary>A silo of its own: what exports the metrics of one silo of a process loses them when another one of this process ends, since their names are the same.</summary>
    public sealed class MeasuredSilo : SiloServer
    {
        protected override string[] Settings => ["--TagCache:MetricTags:0=shop:*", "--TagCache:MaximumMetricTags=2"];
    }
}
