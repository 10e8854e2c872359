using System.ComponentModel;
using Spectre.Console.Cli;

namespace OrleansTagCache.Cli.Running;

/// <summary>What every command takes.</summary>
internal class OutputSettings : CommandSettings
{
    [CommandOption("-o|--output <FORMAT>")]
    [Description("table for people (the default), or json for programs")]
    public string? Output { get; init; }

    /// <summary>Set before the command runs.</summary>
    public CliHost Host { get; set; } = null!;

    /// <exception cref="CliFault">The format is not one.</exception>
    public Writer Writer() => new(Host, Output switch
    {
        null or "table" => false,
        "json" => true,
        var other => throw CliFault.Usage($"--output must be table or json; it is '{other}'."),
    });
}
