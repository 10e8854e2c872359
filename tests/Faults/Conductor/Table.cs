using System.Globalization;
using System.Text;

namespace OrleansTagCache.Faults.Conductor;

/// <summary>The phases as a Markdown table.</summary>
internal static class Table
{
    private const string Head =
        """
        | nemesis | s | reads | generated | updates | faults | violations | update p50 / p99 / max, ms | updates failed | reads failed | HTTP not answered | slowest read, ms |
        |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
        """;

    public static string Of(IReadOnlyList<Phase> phases)
    {
        var text = new StringBuilder(Head).AppendLine();
        foreach (var phase in phases.Append(Phase.Sum(phases)))
        {
            text.AppendLine(Line(phase));
        }

        return text.ToString();
    }

    public static string Line(Phase phase) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {phase.Name} | {phase.Duration.TotalSeconds:F0} | {phase.Reads:N0} | {phase.Generated:N0} | {phase.UpdateMs.Count:N0} | {phase.Faults} | {phase.Violations} | {phase.Percentile(0.5):F1} / {phase.Percentile(0.99):F1} / {phase.Percentile(1):F0} | {phase.UpdatesFailed} | {phase.Failed} | {phase.NotAnswered} | {phase.SlowestReadMs:F0} |");
}
