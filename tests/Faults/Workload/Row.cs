using System.Globalization;

namespace OrleansTagCache.Faults.Workload;

/// <summary>What is cached: the version of the source that its maker saw, who made it and when. As text, so that every API can read it.</summary>
internal readonly record struct Row(long Version, int MadeBy, long MadeAt)
{
    public static Row Parse(string text)
    {
        var (first, last) = (text.IndexOf(':', StringComparison.Ordinal), text.LastIndexOf(':'));
        return new(
            long.Parse(text.AsSpan(0, first), CultureInfo.InvariantCulture),
            int.Parse(text.AsSpan(first + 1, last - first - 1), CultureInfo.InvariantCulture),
            long.Parse(text.AsSpan(last + 1), CultureInfo.InvariantCulture));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Version}:{MadeBy}:{MadeAt}");
}
