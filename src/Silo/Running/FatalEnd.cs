using System.Diagnostics;
using OrleansTagCache.Membership;

namespace OrleansTagCache.Silo.Running;

/// <summary>
/// The end of a silo that can never serve again as the one that it was: the others have declared it dead, its row is lost, a version is refused after the start, or a loop of Orleans has failed
/// that it cannot do without. Nothing is put in order: it is no member any more that could hand anything over.
/// </summary>
/// <remarks>
/// Thread-safe: any thread may call it, and none returns from it. Orleans' own handler writes the stacks of what only is told that it is dead, and aborts with a core. Logs and standard error go
/// into pipes whose readers may be stuck, and what ends with the process may be, too: each step has a bound.
/// </remarks>
internal sealed partial class FatalEnd(IServiceProvider services) : IFatalErrorHandler
{
    private readonly Lock _ending = new();

    /// <summary>Where its line goes.</summary>
    public TextWriter Error { get; init; } = Console.Error;

    /// <summary>Ends the process.</summary>
    public Action<int> Exit { get; init; } = Environment.Exit;

    /// <summary>Ends a process that does not end.</summary>
    public Action Kill { get; init; } = Process.GetCurrentProcess().Kill;

    /// <summary>How long the lines that were logged are waited for, and then the end of the process.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Whatever its loops throw beyond what they expect: what ends a thread alone is not thrown in .NET any more.</summary>
    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null)
    {
        // Another thread that calls it meanwhile waits here for the end.
        lock (_ending)
        {
            GiveLeaseUp();
            Within(Patience, () => Tell(context, exception));
            if (!Within(Patience, () => Exit(ExitCode.EndedItself)))
            {
                Kill();
            }
        }
    }

    /// <summary>First of all: nothing that is stored is served from here on.</summary>
    private void GiveLeaseUp()
    {
        try
        {
            _ = services.GetRequiredService<ServingLease>().StopServing();
        }
        catch (Exception)
        {
            // There was none yet, or it is gone with what was disposed of.
        }
    }

    private void Tell(string? context, Exception? exception)
    {
        try
        {
            Error.WriteLine($"The silo ends itself, and must be started again: {OneLine(Reason(context, exception))}");
            var logs = services.GetRequiredService<ILoggerFactory>();
            if (exception is not (null or TagCacheVersionException))
            {
                LogFailed(logs.CreateLogger<FatalEnd>(), context, exception);
            }

            // What is in its queue is written then.
            logs.Dispose();
        }
        catch (Exception)
        {
            // There is nothing left to write to.
        }
    }

    private static string Reason(string? context, Exception? exception) => exception switch
    {
        null => context ?? "Orleans gives no reason.",
        TagCacheVersionException refused => refused.Message,
        _ => $"{context} has failed ({exception.GetType().Name}: {exception.Message})",
    };

    private static string OneLine(string text) => string.Join(' ', text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <returns>Whether it has come to its end.</returns>
    private static bool Within(TimeSpan patience, Action step)
    {
        // Of its own: the pool may have none left.
        var thread = new Thread(() => step()) { IsBackground = true };
        thread.Start();
        return thread.Join(patience);
    }

    [LoggerMessage(7160, LogLevel.Critical, "{Context} has failed for good, and the silo ends itself")]
    private static partial void LogFailed(ILogger logger, string? context, Exception exception);
}
