using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;

namespace OrleansTagCache.Testing;

/// <summary>An instrument, as the reference page has a row for it.</summary>
internal sealed partial record MetricRow(string Name, string Kind, string Unit)
{
    /// <summary>The names of the series that Prometheus gets of it.</summary>
    public IEnumerable<string> Series
    {
        get
        {
            var name = Name.Replace('.', '_') + Unit switch { "s" => "_seconds", "By" => "_bytes", _ => string.Empty } + (Kind == "counter" ? "_total" : string.Empty);
            return Kind == "histogram" ? [$"{name}_bucket", $"{name}_count", $"{name}_sum"] : [name];
        }
    }

    public static MetricRow Of(Instrument instrument) => new(instrument.Name, MetricConventions.KindOf(instrument), instrument.Unit ?? string.Empty);

    /// <summary>The rows of one meter on the reference page, <c>docs/reference/metrics.md</c>.</summary>
    public static MetricRow[] Documented(string meter) => Under($"## Meter `{meter}`");

    /// <summary>The rows below a heading of that page.</summary>
    public static MetricRow[] Under(string heading)
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "reference", "metrics.md"));
        var section = page[(page.IndexOf(heading, StringComparison.Ordinal) + heading.Length)..];
        return [.. Row().Matches(section.Split("\n## ")[0]).Select(row => new MetricRow(row.Groups["name"].Value, row.Groups["kind"].Value, row.Groups["unit"].Value))];
    }

    [GeneratedRegex(@"^\| `(?<name>[\w.]+)` \| (?<kind>[\w -]+) \| `(?<unit>[^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
