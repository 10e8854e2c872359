using System.Text.Encodings.Web;
using OrleansTagCache.Http.Limits;

namespace OrleansTagCache.Http.Audit;

/// <summary>
/// Writes who has changed what through the HTTP API: a line for each update, revalidation, hold, release, webhook and removal, in the category <c>OrleansTagCache.Audit</c>. It names tags and removed keys, which no other log does, and the name of the
/// API key, never the key. Values that are stored are traffic, and are not written.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed partial class AuditLog(ILoggerFactory loggers)
{
    /// <summary>The category of the log.</summary>
    public const string Category = "OrleansTagCache.Audit";

    private const int MostNames = 3;
    private const int NameLength = 64;

    private readonly ILogger _log = loggers.CreateLogger(Category);

    /// <summary>Makes a change, and writes what became of it.</summary>
    /// <param name="http">The call.</param>
    /// <param name="who">The name of the key, or of the webhook; null for a program on this machine, where no key is needed.</param>
    /// <param name="what">The change.</param>
    /// <param name="names">The tags, or the key.</param>
    /// <param name="change">Makes it.</param>
    public async Task<T> Write<T>(HttpContext http, string? who, string what, IReadOnlyCollection<string> names, Func<Task<T>> change)
    {
        if (!_log.IsEnabled(LogLevel.Information))
        {
            return await change();
        }

        var outcome = "failed";
        try
        {
            var changed = await change();
            outcome = "done";
            return changed;
        }
        catch (Exception exception)
        {
            outcome = OutcomeOf(exception);
            throw;
        }
        finally
        {
            LogChange(_log, what, names.Count, Shown(names), who is null ? "a local program" : Shown(who), http.Connection.RemoteIpAddress?.ToString() ?? "an unknown address", outcome);
        }
    }

    private static string OutcomeOf(Exception exception) => exception switch
    {
        TagUpdateIncompleteException => "incomplete",
        TagCacheUnavailableException or TimeoutException or OrleansException => "unavailable",
        ArgumentException => "refused",
        OverloadedException => "overloaded",
        OperationCanceledException => "abandoned by its caller",
        _ => "failed",
    };

    private static string Shown(IReadOnlyCollection<string> names) => string.Join(", ", names.Take(MostNames).Select(Shown)) + (names.Count > MostNames ? ", ..." : string.Empty);

    /// <summary>In quotation marks, and without any character that could look like something else in a log.</summary>
    private static string Shown(string name)
    {
        var cut = name.Length <= NameLength ? name : name[..(char.IsHighSurrogate(name[NameLength - 1]) ? NameLength - 1 : NameLength)];
        return $"\"{JavaScriptEncoder.Default.Encode(cut)}{(cut.Length < name.Length ? "..." : string.Empty)}\"";
    }

    [LoggerMessage(7020, LogLevel.Information, "{What} of {Count} ({Names}) by {Who} from {Address}: {Outcome}")]
    private static partial void LogChange(ILogger log, string what, int count, string names, string who, string address, string outcome);
}
