using System.Globalization;
using System.Text;
using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Conductor;

/// <summary>The phases as two Markdown tables: what was counted, and the reads by surface.</summary>
internal static class Table
{
    private const string Head =
        """
        | nemesis | s | reads | generated | updates | faults | violations | update p50 / p99 / max, ms | updates failed | reads failed | HTTP not answered | slowest read, ms |
        |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
        """;

    public static string Of(IReadOnlyList<Phase> phases)
    {
        List<Phase> rows = [.. phases, Phase.Sum(phases)];
        var text = new StringBuilder(Head).AppendLine();
        rows.ForEach(phase => text.AppendLine(Line(phase)));
        return text.AppendLine().Append(BySurface(rows)).ToString();
    }

    /// <summary>The reads through each surface, and how many of them were bad.</summary>
    public static string BySurface(IReadOnlyList<Phase> rows)
    {
        var surfaces = rows[0].Surfaces.Select(reads => $" {Surfaces.NameOf(reads.Surface)} |");
        var text = new StringBuilder("| reads / violations |").AppendJoin(null, surfaces).AppendLine();
        text.Append("|---|").AppendJoin(null, rows[0].Surfaces.Select(_ => "---:|")).AppendLine();
        foreach (var phase in rows)
        {
            text.AppendLine(SurfacesLine(phase));
        }

        return text.ToString();
    }

    public static string Line(Phase phase) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {phase.Name} | {phase.Duration.TotalSeconds:F0} | {phase.Reads:N0} | {phase.Generated:N0} | {phase.UpdateMs.Count:N0} | {phase.Faults} | {phase.Violations} | {phase.Percentile(0.5):F1} / {phase.Percentile(0.99):F1} / {phase.Percentile(1):F0} | {phase.UpdatesFailed} | {phase.Failed} | {phase.NotAnswered} | {phase.SlowestReadMs:F0} |");

    private static string SurfacesLine(Phase phase) =>
        $"| {phase.Name} |{string.Concat(phase.Surfaces.Select(reads => string.Create(CultureInfo.InvariantCulture, $" {reads.Reads:N0} / {reads.Violations} |")))}";
}
