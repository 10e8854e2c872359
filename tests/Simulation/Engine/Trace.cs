using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace OrleansTagCache.Simulation.Engine;

/// <summary>The numbered events of one run. Its text is only made when the run is watched.</summary>
internal sealed class Trace
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    public void Add(World world, object who, string what) =>
        _lines.Add(string.Create(CultureInfo.InvariantCulture, $"{world.Steps,5} {world.Time.TotalMilliseconds,7:0} ms  {who,-4} {what}"));
}

/// <summary>Text that costs nothing in a run that nobody watches.</summary>
[InterpolatedStringHandler]
internal readonly ref struct Noted
{
    private readonly StringBuilder? _text;

    public Noted(int literalLength, int formattedCount, World world, out bool isWatched)
    {
        isWatched = world.Trace is not null;
        _text = isWatched ? new(literalLength + (formattedCount * 8)) : null;
    }

    public void AppendLiteral(string text) => _text!.Append(text);

    public void AppendFormatted<T>(T value) => _text!.Append(CultureInfo.InvariantCulture, $"{value}");

    public override string ToString() => _text?.ToString() ?? string.Empty;
}
