using Spectre.Console;

namespace OrleansTagCache.Cli.Running;

/// <summary>What surrounds the program: its streams, its environment and its clock. Tests have their own.</summary>
internal sealed class CliHost
{
    public required Stream Input { get; init; }

    /// <summary>Values are written here byte by byte.</summary>
    public required Stream Output { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>Tables and text, to <see cref="Output"/>.</summary>
    public required IAnsiConsole Console { get; init; }

    /// <summary>A variable of the environment; null if it is not set or empty.</summary>
    public required Func<string, string?> Variable { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Whether what is written is read by a person, at a terminal.</summary>
    public required bool IsTerminal { get; init; }

    /// <summary>Whether a person can be asked.</summary>
    public required bool IsInteractive { get; init; }

    /// <summary>The host of the process itself.</summary>
    public static CliHost OfProcess()
    {
        var isTerminal = !System.Console.IsOutputRedirected;
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(System.Console.Out) });
        if (!isTerminal)
        {
            // What reads it is not bound to a width.
            console.Profile.Width = 1_000;
        }

        return new()
        {
            Input = System.Console.OpenStandardInput(),
            Output = System.Console.OpenStandardOutput(),
            Error = System.Console.Error,
            Console = console,
            Variable = name => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null,
            Time = TimeProvider.System,
            IsTerminal = isTerminal,
            IsInteractive = isTerminal && !System.Console.IsInputRedirected,
        };
    }
}
