using OrleansTagCache.Bench.SideBySide.Measuring;

namespace OrleansTagCache.Bench.SideBySide.Reporting;

/// <summary>What a workload found out.</summary>
/// <param name="Title">What was measured.</param>
/// <param name="Method">How, in a few sentences.</param>
internal sealed record Findings(string Title, string Method)
{
    public List<Table> Tables { get; } = [];

    public List<Target> Targets { get; } = [];
}

/// <summary>A table of the report.</summary>
internal sealed record Table(string Title, params string[] Columns)
{
    private readonly List<string[]> _rows = [];

    public IReadOnlyList<string[]> Rows => _rows;

    public void Add(string name, params object[] cells) => _rows.Add([name, .. cells.Select(cell => cell.ToString() ?? string.Empty)]);
}

/// <summary>A figure with a bound that it should keep to.</summary>
internal sealed record Target(string What, Samples Figure, string Bound, bool IsMet)
{
    public static Target AtMost(double bound, string what, Samples figure) => new(what, figure, $"<= {Samples.One(bound)}", figure.Median <= bound);

    public static Target AtLeast(double bound, string what, Samples figure) => new(what, figure, $">= {Samples.One(bound)}", figure.Median >= bound);
}
