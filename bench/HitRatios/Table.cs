using System.Globalization;
using OrleansTagCache.Bench.HitRatios.Traces;

namespace OrleansTagCache.Bench.HitRatios;

/// <summary>What was measured, as tables in Markdown.</summary>
internal sealed class Table
{
    private readonly List<Row> _rows = [];

    public void Add(Row row) => _rows.Add(row);

    public void WriteMeans(TextWriter to)
    {
        to.WriteLine("| traces | bound | rows | LRU | ours | ours - LRU | worst row | BitFaster LFU | optimum | of bytes: LRU | ours |");
        to.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var group in _rows.GroupBy(row => (row.Kind, row.Bound)).OrderBy(group => group.Key.Kind))
        {
            var worst = group.MinBy(Gain)!;
            to.WriteLine(Line(
                NameOf(group.Key.Kind),
                group.Key.Bound,
                group.Count().ToString(CultureInfo.InvariantCulture),
                Percent(group.Average(row => row.Lru.OfReads)),
                Percent(group.Average(row => row.Ours.OfReads)),
                Points(group.Average(Gain)),
                $"{Points(Gain(worst))} ({worst.Trace})",
                Percent(group.Average(row => row.Lfu?.OfReads)),
                Percent(group.Average(row => row.Optimum?.OfReads)),
                Percent(group.Average(row => row.Lru.OfBytes)),
                Percent(group.Average(row => row.Ours.OfBytes))));
        }
    }

    public void WriteRows(TextWriter to)
    {
        to.WriteLine();
        to.WriteLine("| trace | bound | part of all | LRU | ours | BitFaster LFU | optimum | of bytes: LRU | ours |");
        to.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach (var row in _rows)
        {
            to.WriteLine(Line(
                row.Trace,
                row.Bound,
                string.Create(CultureInfo.InvariantCulture, $"{100 * row.Part:0.#} %"),
                Percent(row.Lru.OfReads),
                Percent(row.Ours.OfReads),
                Percent(row.Lfu?.OfReads),
                Percent(row.Optimum?.OfReads),
                Percent(row.Lru.OfBytes),
                Percent(row.Ours.OfBytes)));
        }
    }

    private static double Gain(Row row) => row.Ours.OfReads - row.Lru.OfReads;

    private static string Line(params IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |";

    private static string Percent(double? value) => value?.ToString("0.0", CultureInfo.InvariantCulture) ?? "-";

    private static string Points(double value) => Math.Round(value, 1).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture);

    private static string NameOf(TraceKind kind) => kind switch
    {
        TraceKind.Requests => "requests and blocks",
        TraceKind.Addresses => "processors' addresses",
        _ => "made up",
    };
}
