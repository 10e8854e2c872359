namespace OrleansTagCache.Cli.Running;

/// <summary>What the program ends with. Scripts rely on them: docs/reference/command-line.md.</summary>
internal static class ExitCode
{
    /// <summary>It is done.</summary>
    public const int Done = 0;

    /// <summary>A fault of this program: it is to be reported.</summary>
    public const int Failed = 1;

    /// <summary>The command line, the contexts or a file is wrong, or a silo has refused an argument. Nothing has happened.</summary>
    public const int Usage = 2;

    /// <summary>There is no such entry.</summary>
    public const int NotFound = 3;

    /// <summary>The API key is missing, not valid, or lacks the scope.</summary>
    public const int Refused = 4;

    /// <summary>No silo answered.</summary>
    public const int Unreachable = 5;

    /// <summary>Silos answered that they cannot do it now: the same call may succeed later.</summary>
    public const int Unavailable = 6;

    /// <summary><c>doctor</c> has found a fault; <c>load</c> had calls that failed.</summary>
    public const int Unhealthy = 7;

    /// <summary>Ended by Ctrl+C.</summary>
    public const int Interrupted = 130;
}
