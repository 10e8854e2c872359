using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>What the board for Grafana and the alerts for Prometheus ask for is what a silo exports: series, labels and outcomes.</summary>
[Collection(SiloCollection.Name)]
public sealed class BoardTests(BoardTests.OwnSilo silo) : IClassFixture<BoardTests.OwnSilo>
{
    /// <summary>The labels that Prometheus adds when it scrapes.</summary>
    private static readonly string[] Scraped = ["job", "instance"];

    [Fact]
    public async Task Board_AsksForWhatIsExported()
    {
        var exported = await Exported();
        using var board = JsonDocument.Parse(await File.ReadAllTextAsync(Deployed("grafana", "board.json")));
        var targets = board.RootElement.GetProperty("panels").EnumerateArray().Where(panel => panel.TryGetProperty("targets", out _))
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
            .Select(target => (Expression: new PromQl(target.GetProperty("expr").GetString()!), Legend: target.GetProperty("legendFormat").GetString()!)).ToArray();

        Assert.True(targets.Length > 30, "The board was not read.");
        Assert.Empty(targets.SelectMany(target => Faults(target.Expression, exported)).Distinct());
        Assert.Empty(targets.SelectMany(target => Regex.Matches(target.Legend, @"\{\{(\w+)\}\}").Select(label => label.Groups[1].Value)
            .Where(label => label != "instance" && !target.Expression.Grouping.Exists(grouped => grouped.Label == label))));

        // What can be asked for of a silo is on the board.
        var shown = targets.SelectMany(target => target.Expression.Selectors).Select(selector => selector.Series).ToHashSet();
        Assert.Equal(
            ["tagcache_not_stored_total", "tagcache_refresh_passes_total", "tagcache_refreshes_total", "tagcache_remembered_tag_count", "tagcache_tag_record_count"],
            MetricsOf("Silo", "Client").Where(row => !row.Series.Any(shown.Contains)).Select(row => row.Series.First()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Alerts_AskForWhatIsExported_AndSayWhatToDo()
    {
        var exported = await Exported();
        var alerts = (await File.ReadAllTextAsync(Deployed("prometheus", "alerts.yml"))).Split("      - alert: ")[1..];
        var operate = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "how-to", "operate.md"));
        var sections = Regex.Matches(operate, "^#+ (.+)$", RegexOptions.Multiline).Select(heading => heading.Groups[1].Value.ToLowerInvariant().Replace(' ', '-')).ToHashSet();

        Assert.True(alerts.Length > 10, "The alerts were not read.");
        Assert.All(alerts, alert =>
        {
            Assert.Empty(Faults(new PromQl(Field(alert, "expr")), exported));
            Assert.Matches(@"^\d+m$", Field(alert, "for"));
            Assert.Contains(Field(alert, "severity"), new[] { "critical", "warning" });
            Assert.NotEmpty(Field(alert, "summary"));
            Assert.EndsWith(".", Field(alert, "description").Trim('\''), StringComparison.Ordinal);
            var runbook = Field(alert, "runbook").Split('#');
            Assert.Equal("docs/how-to/operate.md", runbook[0]);
            Assert.Contains(runbook[1], sections);
            Assert.Contains($"`{alert.Split('\n')[0]}`", operate, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("sum(rate(tagcache_moves_total[5m])")]
    [InlineData("sum(rate(tagcache_moves_total))")]
    [InlineData("sum(tagcache_moves_total[5m])")]
    [InlineData("rate(tagcache_moves_total[five])")]
    [InlineData("tagcache_moves_total{tagcache_outcome}")]
    [InlineData("tagcache_moves_total > > 1")]
    [InlineData("tagcache_moves_total; 1")]
    [InlineData("sum by tagcache_outcome (tagcache_moves_total)")]
    public void Expression_ThatIsNotWellFormed_IsFound(string text) => Assert.Throws<FormatException>(() => new PromQl(text));

    [Theory]
    [InlineData("tagcache_moved_total", "There is no series tagcache_moved_total.")]
    [InlineData("tagcache_moves_total{outcome=\"kept\"}", "tagcache_moves_total has no label outcome.")]
    [InlineData("sum by (tagcache_reason) (tagcache_moves_total)", "tagcache_moves_total has no label tagcache_reason.")]
    [InlineData("tagcache_moves_total{tagcache_outcome=~\"kept|lost\"}", "tagcache_moves_total has no tagcache_outcome lost.")]
    public async Task Expression_ThatAsksForWhatIsNotThere_IsFound(string text, string fault) => Assert.Equal([fault], Faults(new(text), await Exported()));

    private static IEnumerable<string> Faults(PromQl expression, Dictionary<string, Dictionary<string, HashSet<string>>> exported)
    {
        foreach (var (series, labels) in expression.Selectors)
        {
            if (!exported.TryGetValue(series, out var its))
            {
                yield return $"There is no series {series}.";
                continue;
            }

            foreach (var (label, pattern) in labels.Where(label => !Scraped.Contains(label.Key)))
            {
                if (!its.TryGetValue(label, out var values))
                {
                    yield return $"{series} has no label {label}.";
                }
                else if (label.StartsWith("tagcache_", StringComparison.Ordinal) || label == "le")
                {
                    foreach (var value in pattern.Split('|').Where(value => !values.Contains(value)))
                    {
                        yield return $"{series} has no {label} {value}.";
                    }
                }
            }
        }

        foreach (var (series, label) in expression.Grouping.Where(grouped => !Scraped.Contains(grouped.Label) && exported.TryGetValue(grouped.Series, out var its) && !its.ContainsKey(grouped.Label)))
        {
            yield return $"{series} has no label {label}.";
        }
    }

    /// <summary>The series that a silo exports, each with its labels and their values, after calls that cause them; those that more silos or loaders would cause are measured by hand. Those of saves are of applications: they are on the reference page, and the instruments are held to it.</summary>
    private async Task<Dictionary<string, Dictionary<string, HashSet<string>>>> Exported()
    {
        var http = silo.Http;
        (await http.Put("board:key", "1", "&tag=board:tag")).IsDone();
        (await http.Read("board:key")).IsHit("1");
        Assert.Equal(404, (await http.Read("board:none")).Status);
        Assert.Equal(200, (await http.Post("/v1/tags/revalidate", new { tags = new[] { "board:tag" }, profile = "max" })).Status);
        Assert.Equal(200, (await http.Read("board:key")).Status);
        Assert.Equal(200, (await http.Update("board:tag")).Status);
        Assert.Equal(200, (await http.Release(await http.TakeHold("board:tag"), "board:tag")).Status);
        silo.Get<SiloMetrics>().OnMove(CopyStatus.Kept);
        silo.Get<RefreshMetrics>().OnPass(refreshed: 1, skipped: 1, failed: 1, left: 1);
        silo.Get<RefreshMetrics>().OnLoadBegun();
        silo.Get<RefreshMetrics>().OnLoadEnded(Outcome.Stored);
        silo.Get<ScheduleMetrics>().OnRun(Outcome.Refreshed);
        silo.Get<WarmUpMetrics>().OnEnded(new(Guid.Empty, IsDone: true, Filled: 1, Skipped: 1, Failed: 1, NoRoom: 1));
        silo.Get<ClientMetrics>().OnBypass(Outcome.NotServing);
        silo.Get<ClientMetrics>().OnNotStored(Outcome.Unfit);
        silo.Get<ClientMetrics>().OnEventDropped();
        silo.Get<ClientMetrics>().OnRefresh(Outcome.Stored);

        Dictionary<string, Dictionary<string, HashSet<string>>> exported = new() { ["up"] = [] };
        foreach (var line in Regex.Matches((await http.Ask("/metrics")).Text, @"^(?<series>\w+)\{(?<labels>.*)\} \S+", RegexOptions.Multiline).AsEnumerable())
        {
            var its = exported.TryGetValue(line.Groups["series"].Value, out var known) ? known : exported[line.Groups["series"].Value] = [];
            foreach (var label in Regex.Matches(line.Groups["labels"].Value, "(?<name>\\w+)=\"(?<value>[^\"]*)\"").AsEnumerable())
            {
                (its.TryGetValue(label.Groups["name"].Value, out var values) ? values : its[label.Groups["name"].Value] = []).Add(label.Groups["value"].Value);
            }
        }

        Assert.Empty(MetricsOf("Silo", "Client").SelectMany(row => row.Series).Except(exported.Keys));
        foreach (var series in MetricsOf("EntityFrameworkCore").SelectMany(row => row.Series))
        {
            exported[series] = new() { ["le"] = [], ["tagcache_outcome"] = [] };
        }

        return exported;
    }

    private static IEnumerable<MetricRow> MetricsOf(params string[] meters) => meters.SelectMany(meter => MetricRow.Documented($"OrleansTagCache.{meter}"));

    private static string Deployed(string folder, string file) => Path.Combine(Repository.Root, "deploy", folder, file);

    private static string Field(string alert, string name) => Regex.Match(alert, $"^ +{name}: (.+)$", RegexOptions.Multiline).Groups[1].Value;

    /// <summary>A silo of its own: what exports the metrics of one silo of a process loses them when another one of this process ends, since their names are the same.</summary>
    public sealed class OwnSilo : SiloServer;
}
