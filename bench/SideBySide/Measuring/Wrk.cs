using System.Diagnostics;
using System.Globalization;

namespace OrleansTagCache.Bench.SideBySide.Measuring;

/// <summary>The load generator wrk, if the machine has it.</summary>
internal static class Wrk
{
    private const string Program = "wrk";

    public static bool IsThere => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
        .Split(Path.PathSeparator)
        .Any(directory => File.Exists(Path.Combine(directory, Program)));

    /// <summary>One thread with that many connections asks for one address.</summary>
    public static async Task<WrkResult> Run(Uri address, int connections, TimeSpan duration)
    {
        string[] arguments =
            ["-t", "1", "-c", Text(connections), "-d", $"{Text((int)duration.TotalSeconds)}s", "--latency", address.AbsoluteUri];
        using var process = Process.Start(new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        if (output.Contains("Non-2xx", StringComparison.Ordinal) || output.Contains("Socket errors", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"Not every request was answered with success:\n{output}");
        }

        string[] lines = [.. output.Split('\n').Select(line => line.Trim())];
        return new(
            double.Parse(After("Requests/sec:"), CultureInfo.InvariantCulture),
            Milliseconds(After("99%")),
            long.Parse(lines.Single(line => line.Contains(" requests in ", StringComparison.Ordinal)).Split(' ')[0], CultureInfo.InvariantCulture));

        string After(string label) => lines.Single(line => line.StartsWith(label, StringComparison.Ordinal))[label.Length..].Trim();
    }

    private static double Milliseconds(string text)
    {
        var (unit, factor) = text switch
        {
            _ when text.EndsWith("us", StringComparison.Ordinal) => ("us", 0.001),
            _ when text.EndsWith("ms", StringComparison.Ordinal) => ("ms", 1.0),
            _ => ("s", 1_000.0),
        };
        return double.Parse(text[..^unit.Length], CultureInfo.InvariantCulture) * factor;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What wrk has printed.</summary>
internal sealed record WrkResult(double PerSecond, double P99Milliseconds, long Requests);
