using System.Globalization;
using System.Text;
using OrleansTagCache.Bench.SideBySide.Machine;

namespace OrleansTagCache.Bench.SideBySide.Reporting;

/// <summary>The report of a run, written anew after each workload so that a run that is broken off leaves what it has found.</summary>
internal sealed class MarkdownReport
{
    private readonly StringBuilder _text = new();
    private readonly string _path;

    public MarkdownReport(string path, string what)
    {
        _path = path;
        _text.Append("# Side by side\n\n");
        _text.Append("Written by `bench/SideBySide ").Append(what).Append("`. A figure is the median of the rounds, in brackets the least and the most of them. ");
        _text.Append("A ratio is taken round by round, since the machine is not the same from one round to the next.\n\n");
        Append(["", ""], MachineDescription.Lines().Select(line => new[] { line.What, line.Is }), isText: true);
    }

    public void Add(Findings findings, TimeSpan took)
    {
        var begun = _text.Length;
        _text.Append("## ").Append(findings.Title).Append("\n\n").Append(findings.Method);
        _text.Append(CultureInfo.InvariantCulture, $" It ran for {took.TotalSeconds:F0} s.\n\n");
        foreach (var table in findings.Tables)
        {
            _text.Append("**").Append(table.Title).Append("**\n\n");
            Append(table.Columns, table.Rows, isText: false);
        }

        if (findings.Targets.Count > 0)
        {
            Append(
                ["target", "figure", "bound", ""],
                findings.Targets.Select(target => new[] { target.What, target.Figure.ToString(), target.Bound, target.IsMet ? "met" : "**missed**" }),
                isText: false);
        }

        File.WriteAllText(_path, _text.ToString());
        Console.Write(_text.ToString(begun, _text.Length - begun));
    }

    private void Append(string[] columns, IEnumerable<string[]> rows, bool isText)
    {
        Row(columns);
        Row([.. columns.Select((_, i) => isText || i == 0 ? "---" : "---:")]);
        foreach (var row in rows)
        {
            Row(row);
        }

        _text.Append('\n');
    }

    private void Row(string[] cells) => _text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
}
