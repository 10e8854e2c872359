using System.Diagnostics;
using OrleansTagCache.Cli.Running;

namespace OrleansTagCache.Cli.Contexts;

/// <summary>Finds the API key: from a variable, a file, or a command that prints it. No message holds it, or a part of it.</summary>
internal static class KeySource
{
    private const int MostCharacters = 1_024;

    private static readonly TimeSpan CommandPatience = TimeSpan.FromSeconds(60);

    /// <exception cref="CliFault">The file cannot be read.</exception>
    public static string FromFile(string path, CliHost host)
    {
        try
        {
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != UnixFileMode.None)
            {
                host.Error.WriteLine($"Warning: every user of this machine can read the key in '{path}'. Unless that is meant: chmod 600 '{path}'");
            }

            using var text = File.OpenText(path);
            return Check(text.ReadLine(), $"the first line of '{path}'");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliFault.Usage($"The key file '{path}' cannot be read: {exception.Message}");
        }
    }

    /// <exception cref="CliFault">The command fails, takes too long, or prints no key.</exception>
    public static async Task<string> FromCommand(string command, TimeProvider time, CancellationToken cancellationToken)
    {
        // What it asks of a person, such as a password, goes by its standard error and the terminal.
        var start = OperatingSystem.IsWindows() ? new ProcessStartInfo("cmd.exe", ["/d", "/c", command]) : new ProcessStartInfo("/bin/sh", ["-c", command]);
        (start.RedirectStandardOutput, start.UseShellExecute) = (true, false);
        using var process = Process.Start(start) ?? throw CliFault.Usage($"The key command '{command}' could not be started.");
        using var late = new CancellationTokenSource(CommandPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            var line = await process.StandardOutput.ReadLineAsync(either.Token);
            await process.StandardOutput.ReadToEndAsync(either.Token);
            await process.WaitForExitAsync(either.Token);
            return process.ExitCode == 0
                ? Check(line, $"the first line that '{command}' prints")
                : throw CliFault.Usage($"The key command '{command}' ended with exit code {process.ExitCode}.", "Run it by hand to see why.");
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw CliFault.Usage($"The key command '{command}' printed no key within {CommandPatience.TotalSeconds:0} s.");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <exception cref="CliFault">The text cannot be a key.</exception>
    public static string Check(string? text, string where)
    {
        var key = text?.Trim() ?? string.Empty;
        var fault = key switch
        {
            "" => "is empty",
            { Length: > MostCharacters } => $"has {key.Length} characters; a key has at most {MostCharacters}",
            _ when key.Any(unit => unit is <= ' ' or > '~') => "has a character that no key has",
            _ => null,
        };
        return fault is null ? key : throw CliFault.Usage($"The API key cannot be used: {where} {fault}.", "A key is one line, otc_..., as 'keys create' of the silo program prints it.");
    }
}
