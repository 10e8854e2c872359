namespace OrleansTagCache.Cli.Running;

/// <summary>Addresses of silos, for people.</summary>
internal static class Silos
{
    /// <summary>The address without what tells one start of a silo from another: the letter before it, and the number behind it.</summary>
    public static string Name(string silo)
    {
        var text = silo is ['S', ..] ? silo[1..] : silo;
        var end = text.LastIndexOfAny([':', '@']);
        return end > 0 && text[..end].Contains(':', StringComparison.Ordinal) ? text[..end] : text;
    }
}
