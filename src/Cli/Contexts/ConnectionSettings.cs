using System.ComponentModel;
using OrleansTagCache.Cli.Running;
using Spectre.Console.Cli;

namespace OrleansTagCache.Cli.Contexts;

/// <summary>What every command takes that calls silos.</summary>
internal class ConnectionSettings : AccessSettings
{
    [CommandOption("-c|--context <NAME>")]
    [Description("the context to use instead of the current one (OTC_CONTEXT)")]
    public string? Context { get; init; }

    [CommandOption("-u|--url <URL>")]
    [Description("a silo, or several with commas: if one does not answer, the next one is asked (OTC_URL)")]
    public string[]? Urls { get; init; }

    [CommandOption("--timeout <DURATION>")]
    [Description("how long one silo may take to answer: 10s for reads, 40s for changes")]
    public string? Timeout { get; init; }

    /// <exception cref="CliFault">It is out of range.</exception>
    public TimeSpan? Patience() => Timeout is { } text ? Amounts.Duration(text, "--timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)) : null;
}
