using System.Text;
using System.Text.Json;
using OrleansTagCache.Cli;
using OrleansTagCache.Cli.Running;
using Spectre.Console;

namespace OrleansTagCache.Tests.Cli;

/// <summary>What a command line has come to.</summary>
internal sealed record Ended(int Code, byte[] Bytes, string Error)
{
    public string Text => Encoding.UTF8.GetString(Bytes);

    public JsonElement Json => JsonElement.Parse(Bytes);

    /// <summary>The lines, without what pads them.</summary>
    public string[] Lines => [.. Text.Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0)];
}

/// <summary>Runs command lines of the program in this process: all but its streams and its environment is its own.</summary>
internal sealed class CliRun
{
    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);

    /// <summary>Runs that call these silos; no context of the machine is seen.</summary>
    public CliRun(params Uri[] silos)
    {
        if (silos.Length > 0)
        {
            _variables["OTC_URL"] = string.Join(',', silos.Select(silo => silo.ToString()));
        }

        _variables["OTC_CONFIG"] = "/nowhere/contexts.json";
    }

    public bool IsTerminal { get; init; }

    public string Input { get; init; } = string.Empty;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public CliRun With(string variable, string? value)
    {
        if (value is null)
        {
            _variables.Remove(variable);
        }
        else
        {
            _variables[variable] = value;
        }

        return this;
    }

    public CliHost Host(Stream output, TextWriter text, TextWriter error) => new()
    {
        Input = new MemoryStream(Encoding.UTF8.GetBytes(Input)),
        Output = output,
        Error = error,
        Console = Console(text),
        Variable = _variables.GetValueOrDefault,
        Time = Time,
        IsTerminal = IsTerminal,
        IsInteractive = false,
    };

    public Task<Ended> Run(params string[] args) => Run(CancellationToken.None, args);

    public async Task<Ended> Run(CancellationToken cancellationToken, params string[] args)
    {
        using var output = new MemoryStream();
        var text = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true, NewLine = "\n" };
        var error = new StringWriter { NewLine = "\n" };
        var code = await OtcProgram.Run(args, Host(output, text, error), cancellationToken).Soon($"otc {string.Join(' ', args)}");
        return new(code, output.ToArray(), error.ToString());
    }

    private static IAnsiConsole Console(TextWriter text)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 80;
        return console;
    }
}
