using System.Globalization;
using System.Text;
using OrleansTagCache.Faults.Database;

namespace OrleansTagCache.Faults.Conductor;

/// <summary>What was counted of transactions until a moment, or between two.</summary>
internal sealed record CommitCounts(long Committed, long RolledBack, long Refused, long Lapsed, long Unknown, long Probes, long OwnReads, long Uncommitted)
{
    public static CommitCounts Of(CommitState commits) => new(
        commits.SumOf(CommitCounter.Committed),
        commits.SumOf(CommitCounter.RolledBack),
        commits.SumOf(CommitCounter.Refused),
        commits.SumOf(CommitCounter.Lapsed),
        commits.SumOf(CommitCounter.Unknown),
        commits.SumOf(CommitCounter.Probes),
        commits.SumOf(CommitCounter.OwnReads),
        commits.SumOf(CommitCounter.Uncommitted));

    public static CommitCounts operator -(CommitCounts later, CommitCounts earlier) => later + new CommitCounts(
        -earlier.Committed, -earlier.RolledBack, -earlier.Refused, -earlier.Lapsed, -earlier.Unknown, -earlier.Probes, -earlier.OwnReads, -earlier.Uncommitted);

    public static CommitCounts operator +(CommitCounts one, CommitCounts other) => new(
        one.Committed + other.Committed,
        one.RolledBack + other.RolledBack,
        one.Refused + other.Refused,
        one.Lapsed + other.Lapsed,
        one.Unknown + other.Unknown,
        one.Probes + other.Probes,
        one.OwnReads + other.OwnReads,
        one.Uncommitted + other.Uncommitted);
}

/// <summary>What was counted while one nemesis was at work against transactions on a database.</summary>
/// <param name="Phase">What is counted of every run.</param>
/// <param name="Counts">What is counted of transactions.</param>
/// <param name="Start">When it began.</param>
/// <param name="End">When it was over.</param>
internal sealed record DatabasePhase(Phase Phase, CommitCounts Counts, long Start, long End)
{
    /// <summary>How long after the commit its old reads began, in ascending order.</summary>
    public IReadOnlyList<TimeSpan> Late { get; init; } = [];

    /// <summary>Reads of what was older than the last commit.</summary>
    public long Old => Phase.Violations - Counts.Uncommitted;
}

/// <summary>The phases as two Markdown tables: what was counted, and the reads by surface.</summary>
internal static class DatabaseTable
{
    private const string Head =
        """
        | nemesis | s | reads | generated | committed | rolled back | refused | lapsed | end unknown | reads in transactions | faults | old reads | began after the commit, ms (median / most) | uncommitted reads | probes |
        |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
        """;

    public static string Of(IReadOnlyList<DatabasePhase> phases)
    {
        var all = new DatabasePhase(Phase.Sum([.. phases.Select(phase => phase.Phase)]), phases.Select(phase => phase.Counts).Aggregate((one, other) => one + other), phases[0].Start, phases[^1].End)
        {
            Late = [.. phases.SelectMany(phase => phase.Late).Order()],
        };
        List<DatabasePhase> rows = [.. phases, all];
        var text = new StringBuilder(Head).AppendLine();
        rows.ForEach(phase => text.AppendLine(Line(phase)));
        return text.AppendLine().Append(Table.BySurface([.. rows.Select(row => row.Phase)])).ToString();
    }

    public static string Line(DatabasePhase row) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {row.Phase.Name} | {row.Phase.Duration.TotalSeconds:F0} | {row.Phase.Reads:N0} | {row.Phase.Generated:N0} | {row.Counts.Committed:N0} | {row.Counts.RolledBack:N0} | {row.Counts.Refused} | {row.Counts.Lapsed} | {row.Counts.Unknown} | {row.Counts.OwnReads:N0} | {row.Phase.Faults} | {row.Old:N0} | {Lateness(row.Late)} | {row.Counts.Uncommitted} | {row.Counts.Probes:N0} |");

    private static string Lateness(IReadOnlyList<TimeSpan> late) =>
        late.Count == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"{late[late.Count / 2].TotalMilliseconds:F0} / {late[^1].TotalMilliseconds:F0}");

    /// <summary>The least, the middle and the greatest of some lengths of time.</summary>
    public static string Spread(IReadOnlyCollection<TimeSpan> lengths)
    {
        List<TimeSpan> sorted = [.. lengths.Order()];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{sorted[0].TotalMilliseconds:F1} / {sorted[sorted.Count / 2].TotalMilliseconds:F1} / {sorted[^1].TotalMilliseconds:F1} ms (least / median / most of {sorted.Count})");
    }
}
