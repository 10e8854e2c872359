using System.Globalization;

namespace OrleansTagCache.Cli.Running;

/// <summary>Durations and sizes, as they are typed and as they are shown.</summary>
internal static class Amounts
{
    /// <summary>A duration of the command line.</summary>
    /// <exception cref="CliFault">It is not one, or out of range.</exception>
    public static TimeSpan Duration(string text, string option, TimeSpan least, TimeSpan most) => TryDuration(text) is { } duration && duration >= least && duration <= most
        ? duration
        : throw CliFault.Usage($"{option} must be a duration from {Show(least)} to {Show(most)}, such as 90s, 5m, 2h or 7d; it is '{text}'.");

    /// <summary>Seconds of a life: a duration, or forever.</summary>
    /// <exception cref="CliFault">It is neither.</exception>
    public static string Seconds(string text, string option) => text.Equals("forever", StringComparison.OrdinalIgnoreCase)
        ? "Infinity"
        : TryDuration(text)?.TotalSeconds.ToString("R", CultureInfo.InvariantCulture) ?? throw CliFault.Usage($"{option} must be a duration of 0 or more, such as 90s, 5m, 2h or 7d, or 'forever'; it is '{text}'.");

    /// <summary>A whole number of the command line.</summary>
    /// <exception cref="CliFault">It is out of range.</exception>
    public static int Whole(int value, string option, int least, int most) => value >= least && value <= most
        ? value
        : throw CliFault.Usage(string.Create(CultureInfo.InvariantCulture, $"{option} must be a whole number from {least} to {most}; it is {value}."));

    /// <summary>A size of the command line, in bytes.</summary>
    /// <exception cref="CliFault">It is not one, or out of range.</exception>
    public static int Size(string text, string option, int least, int most)
    {
        var (factor, digits) = text.ToUpperInvariant() switch
        {
            [.. var number, 'K', 'B'] => (1_000, number),
            [.. var number, 'M', 'B'] => (1_000_000, number),
            [.. var number, 'B'] => (1, number),
            var number => (1, number),
        };
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count < int.MaxValue && count * factor >= least && count * factor <= most
            ? (int)(count * factor)
            : throw CliFault.Usage($"{option} must be a size from {Bytes(least)} to {Bytes(most)}, such as 512, 10KB or 1MB; it is '{text}'.");
    }

    public static string Show(TimeSpan span) => span switch
    {
        { Ticks: < 0 } => $"-{Show(-span)}",
        { TotalDays: >= 2 } => Number(span.TotalDays, "d"),
        { TotalHours: >= 2 } => Number(span.TotalHours, "h"),
        { TotalMinutes: >= 2 } => Number(span.TotalMinutes, "m"),
        { TotalSeconds: >= 1 } => Number(span.TotalSeconds, "s"),
        { TotalMilliseconds: >= 1 } => Number(span.TotalMilliseconds, "ms"),
        { Ticks: 0 } => "0s",
        _ => Number(span.TotalMicroseconds, "us"),
    };

    /// <summary>Seconds of an answer; null is forever.</summary>
    public static string Life(double? seconds) => seconds is { } known ? Show(TimeSpan.FromSeconds(known)) : "forever";

    public static string Ago(double? seconds) => seconds is { } known ? $"{Show(TimeSpan.FromSeconds(known))} ago" : "not remembered";

    public static string Bytes(double bytes) => bytes switch
    {
        >= 999.5e6 => Number(bytes / 1e9, " GB"),
        >= 999.5e3 => Number(bytes / 1e6, " MB"),
        >= 999.5 => Number(bytes / 1e3, " KB"),
        _ => Number(bytes, " B"),
    };

    public static string Count(double count) => count.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>A number with what it counts.</summary>
    public static string Of(double count, string one, string? many = null) => $"{Count(count)} {(count == 1 ? one : many ?? one + "s")}";

    public static string Percent(double? share) => share is { } known ? (known * 100).ToString("0.0", CultureInfo.InvariantCulture) + "%" : "-";

    private static string Number(double value, string unit) => value.ToString(value >= 100 ? "0" : "0.#", CultureInfo.InvariantCulture) + unit;

    private static TimeSpan? TryDuration(string text)
    {
        var (factor, digits) = text switch
        {
            [.. var number, 'm', 's'] => (0.001, number),
            [.. var number, 's'] => (1, number),
            [.. var number, 'm'] => (60, number),
            [.. var number, 'h'] => (3_600, number),
            [.. var number, 'd'] => (86_400.0, number),
            var number => (1, number),
        };
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value * factor < 1e9 ? TimeSpan.FromSeconds(value * factor) : null;
    }
}
