using System.Globalization;
using System.Runtime.CompilerServices;

namespace OrleansTagCache.Silo.StartUp;

/// <summary>How many files and connections the process may have open. With too few, the runtime does not find its own assemblies, and says that instead.</summary>
internal static class Descriptors
{
    /// <summary>So many a silo needs for its files, its cluster and a few callers.</summary>
    public const int Fewest = 512;

    private const string Limits = "/proc/self/limits";
    private const string Line = "Max open files";

    /// <summary>What is wrong; null where there are enough, or nothing says how many.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static string? Fault() => File.Exists(Limits) ? Fault(File.ReadAllText(Limits)) : null;

    /// <param name="limits">The limits of a process, as Linux writes them.</param>
    public static string? Fault(string limits)
    {
        var at = limits.IndexOf(Line, StringComparison.Ordinal);
        if (at < 0)
        {
            return null;
        }

        var soft = limits[(at + Line.Length)..].TrimStart().Split(' ', 2)[0];
        return int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var most) && most < Fewest
            ? $"This process may have {most} files and connections open at a time, and a silo needs {Fewest} at least. Raise the limit: ulimit -n, LimitNOFILE of systemd, or --ulimit nofile of a container."
            : null;
    }
}
