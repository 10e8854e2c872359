using System.Globalization;
using System.Text.RegularExpressions;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Names;
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
        (await silo.Http.Put("one", "1", "&tag=shop:a&tag=secret")).IsDone();
        (await silo.Http.Put("two", "1", "&tag=shop:a&tag=shop:third")).IsDone();
        Assert.Equal(200, (await silo.Http.Update(Hostile)).Status);
        Assert.Equal(200, (await silo.Http.Post("/v1/tags/revalidate", new { tags = new[] { "shop:a" }, profile = "max" })).Status);
        Assert.Equal(200, (await silo.Http.Update("shop:b")).Status);
        Assert.Equal(200, (await silo.Http.Update("secret:b")).Status);

        var lines = (await silo.Http.Ask("/metrics")).Text.Split('\n');

        Assert.Equal([("shop:\"\\}é", "update", 1), ("shop:a", "revalidate", 1), ("shop:b", "update", 1L)], Series(lines, "tagcache_tag_updates_total"));
        Assert.Equal([("shop:a", "", 2), ("shop:third", "", 1L)], Series(lines, "tagcache_tag_dependent_count"));
        Assert.DoesNotContain(lines, line => line.Contains("secret", StringComparison.Ordinal));

        // As many as there may be, of each operation, and more: none is lost to the exporter's own bound.
        TagId[] more = [.. Enumerable.Range(0, 1_200).Select(i => TagId.OfTag(CacheNamespace.Default, $"shop:{i}"))];
        foreach (var operation in new[] { "update", "revalidate", "hold" })
        {
            silo.Get<SiloMetrics>().Tags!.OnUpdate(operation, more);
        }

        var all = Series((await silo.Http.Ask("/metrics")).Text.Split('\n'), "tagcache_tag_updates_total");
        Assert.Equal(3 + (3 * 997), all.Length);
        Assert.Equal(["hold", "revalidate", "update"], all.Where(series => series.Tag.Length == 0).Select(series => series.Operation));
        Assert.Equal(3 + (3 * 1_200), all.Sum(series => series.Count));
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
        protected override string[] Settings => ["--TagCache:MetricTags:0=shop:*", "--TagCache:MaximumMetricTags=1000"];
    }
}
