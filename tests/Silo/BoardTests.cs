using System.Text.RegularExpressions;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>What the board for Grafana shows is what a silo exports.</summary>
[Collection(SiloCollection.Name)]
public sealed class BoardTests(SiloServer silo)
{
    /// <summary>A silo exports an instrument when it has measured something, so those that have not are taken from the reference page, in Prometheus' names.</summary>
    [Fact]
    public async Task Board_AsksForMetricsThatExist()
    {
        var http = silo.Http;
        (await http.Put("board-key", "1", "&tag=board-tag")).IsDone();
        (await http.Read("board-key")).IsHit("1");
        Assert.Equal(200, (await http.Update("board-tag")).Status);
        var exported = Regex.Matches((await http.Ask("/metrics")).Text, @"^# TYPE (?<name>\w+) (?<kind>\w+)", RegexOptions.Multiline)
            .SelectMany(type => Series(type.Groups["name"].Value, type.Groups["kind"].Value)).ToHashSet();
        var documented = Documented();

        Assert.Contains("tagcache_update_duration_seconds_bucket", exported);
        Assert.Empty(exported.Where(name => name.StartsWith("tagcache_", StringComparison.Ordinal)).Except(documented));
        var boards = Directory.GetFiles(Path.Combine(Repository.Root, "deploy", "grafana"), "*.json");
        Assert.NotEmpty(boards);
        Assert.All(boards, board =>
        {
            var asked = Asked(File.ReadAllText(board));
            Assert.Superset(new HashSet<string> { "tagcache_entry_reads_total", "tagcache_entry_count", "http_server_request_duration_seconds_count" }, asked);
            Assert.Empty(asked.Except(exported).Except(documented));
        });
    }

    /// <summary>The names of metrics in the board's expressions: words that are not labels, functions or words of the language.</summary>
    private static HashSet<string> Asked(string board) => Regex.Matches(board, "^ *\"expr\": \"(?<expr>.*)\",?$", RegexOptions.Multiline)
        .SelectMany(line => Regex.Matches(Regex.Replace(line.Groups["expr"].Value, @"\{[^}]*\}|\[[^]]*\]|by \([^)]*\)", string.Empty), @"\b[a-z]\w*\b(?! *\()"))
        .Select(word => word.Value).Where(word => word is not ("by" or "or")).ToHashSet();

    private static HashSet<string> Documented() =>
        [.. new[] { "OrleansTagCache.Silo", "OrleansTagCache.Client" }.SelectMany(MetricRow.Documented).SelectMany(row => row.Series)];

    private static IEnumerable<string> Series(string name, string kind) => kind == "histogram" ? [$"{name}_bucket", $"{name}_count", $"{name}_sum"] : [name];
}
