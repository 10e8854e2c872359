using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansTagCache.Cli.Running;

/// <summary>Writes what a command has found, in the format that was asked for.</summary>
internal sealed class Writer(CliHost host, bool isJson)
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonSerializerOptions Readable = new(Json) { WriteIndented = true };

    public bool IsJson { get; } = isJson;

    /// <summary>The one or the other: JSON for programs, what <paramref name="table"/> makes for people.</summary>
    public void Write<T>(T value, Func<IRenderable> table)
    {
        if (IsJson)
        {
            WriteJson(value);
        }
        else
        {
            host.Console.Write(table());
        }
    }

    /// <summary>The one or the other: JSON for programs, a line for people.</summary>
    public void Write<T>(T value, string line)
    {
        if (IsJson)
        {
            WriteJson(value);
        }
        else
        {
            Line(line);
        }
    }

    public void WriteJson<T>(T value) => host.Console.Profile.Out.Writer.WriteLine(JsonSerializer.Serialize(value, Readable));

    /// <summary>One of many documents, each on a line of its own.</summary>
    public void WriteJsonLine<T>(T value) => host.Console.Profile.Out.Writer.WriteLine(JsonSerializer.Serialize(value, Json));

    /// <summary>A line as it stands, without marks and breaks.</summary>
    public void Line(string text) => host.Console.Profile.Out.Writer.WriteLine(Plain(text));

    /// <summary>To the person, beside the output.</summary>
    public void Note(string text) => host.Error.WriteLine(Plain(text));

    /// <summary>A table whose cells are text, with numbers to the right.</summary>
    public static Table Table(params (string Name, bool IsNumber)[] columns)
    {
        var table = new Table().Border(TableBorder.None);
        foreach (var (name, isNumber) in columns)
        {
            table.AddColumn(new TableColumn(new Text(name, new Style(decoration: Decoration.Bold))) { Alignment = isNumber ? Justify.Right : Justify.Left, NoWrap = isNumber, Padding = new(0, 0, 2, 0) });
        }

        return table;
    }

    /// <summary>Names and values below each other.</summary>
    public static Grid Facts(IEnumerable<(string Name, string? Value)> facts)
    {
        var grid = new Grid().AddColumn(new GridColumn { NoWrap = true, Padding = new(0, 0, 2, 0) }).AddColumn(new GridColumn { Padding = new(0, 0, 0, 0) });
        foreach (var (name, value) in facts.Where(fact => fact.Value is not null))
        {
            grid.AddRow(new Text(name, new Style(decoration: Decoration.Bold)), Cell(value!));
        }

        return grid;
    }

    public static Text Cell(string text, Style? style = null) => new(Plain(text), style);

    /// <summary>Text that steers no terminal, whatever a key or a tag holds.</summary>
    public static string Plain(string text) => text.Any(IsSteering) ? string.Concat(text.Select(unit => IsSteering(unit) ? '\uFFFD' : unit)) : text;

    /// <summary>Controls, and the marks that turn the direction of writing.</summary>
    private static bool IsSteering(char unit) => (char.IsControl(unit) && unit is not ('\n' or '\t')) || unit is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
