using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace OrleansTagCache.Silo.Logs;

/// <summary>
/// A line for each event, for those who operate silos. What a library throws is told with its reasons and without its stack: Orleans logs the same exception at each layer that it passes. Of
/// its warnings and errors that repeat, only the first of a while are told. An error of the cache's own, or of the web server, has its stack. <c>Logging:Console:FormatterName=simple</c> shows everything.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class LineFormatter(IOptionsMonitor<ConsoleFormatterOptions> options, TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "lines";

    private const int MostReasons = 4;
    private const int LongestReason = 300;

    /// <summary>Those whose exceptions are about the machines around them.</summary>
    private static readonly string[] Libraries = ["Orleans.", "Microsoft.Extensions.Hosting", "StackExchange.", "Npgsql"];

    /// <summary>Repeated for each silo at each look, and told by the cache itself once: <c>ClockWatch</c>.</summary>
    private static readonly HashSet<string> Replaced = ["LogWarningMissedIAmAliveTableUpdate"];

    private readonly Bursts _bursts = new(time);

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        if (logEntry.EventId.Name is { } name && Replaced.Contains(name))
        {
            return;
        }

        var isOfALibrary = Array.Exists(Libraries, logEntry.Category.StartsWith);
        var leftOut = 0;
        if (isOfALibrary && logEntry.LogLevel is LogLevel.Warning or LogLevel.Error && !_bursts.MayTell((logEntry.Category, logEntry.EventId.Id), out leftOut))
        {
            return;
        }

        if (options.CurrentValue.TimestampFormat is { } format)
        {
            textWriter.Write((options.CurrentValue.UseUtcTimestamp ? time.GetUtcNow() : time.GetLocalNow()).ToString(format, CultureInfo.InvariantCulture));
        }

        textWriter.Write($"{Level(logEntry.LogLevel)}: {logEntry.Category}[{logEntry.EventId.Id}] {OneLine(logEntry.Formatter(logEntry.State, logEntry.Exception))}");
        textWriter.Write(leftOut == 0 ? "" : $" [{leftOut} more of these were left out before]");
        if (logEntry.Exception is { } exception && (isOfALibrary || logEntry.LogLevel < LogLevel.Error))
        {
            textWriter.WriteLine($" ({string.Join("; ", Reasons(exception))})");
        }
        else if (logEntry.Exception is not null)
        {
            textWriter.WriteLine();
            textWriter.WriteLine(logEntry.Exception);
        }
        else
        {
            textWriter.WriteLine();
        }
    }

    /// <summary>The messages of an exception and of what caused it, each once.</summary>
    private static IEnumerable<string> Reasons(Exception exception)
    {
        var reasons = new List<string>();
        for (var cause = exception; cause is not null && reasons.Count < MostReasons; cause = cause.InnerException)
        {
            var reason = OneLine(cause.Message);
            reason = reason.Length > LongestReason ? $"{reason[..LongestReason]}..." : reason;
            if (!reasons.Exists(told => told.Contains(reason, StringComparison.Ordinal)))
            {
                reasons.Add(reason);
            }
        }

        return reasons.Select((reason, i) => i == 0 ? $"{exception.GetType().Name}: {reason}" : reason);
    }

    private static string OneLine(string text) => string.Join(' ', text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    private static string Level(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce",
        LogLevel.Debug => "dbug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "fail",
        _ => "crit",
    };
}
