using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration.Memory;
using OrleansTagCache.Silo.Logs;

namespace OrleansTagCache.Silo.StartUp;

/// <summary>
/// What the program sets of ASP.NET Core by itself: the levels that it logs at, and the protocol. It comes before every other source of the configuration, so that
/// <c>Logging:LogLevel:Default</c> changes the general level and not those below, and a setting that names a category changes that.
/// </summary>
internal static class Defaults
{
    private static readonly Dictionary<string, LogLevel> Levels = new()
    {
        ["Default"] = LogLevel.Warning,
        ["OrleansTagCache"] = LogLevel.Information,

        // Orleans says of each grain service that it starts and stops.
        ["OrleansTagCache.Peers.PeerService"] = LogLevel.Warning,
        ["OrleansTagCache.Batching.BatchService"] = LogLevel.Warning,

        // A check that fails is answered so; why is in the lines of the lease.
        ["Microsoft.Extensions.Diagnostics.HealthChecks"] = LogLevel.Critical,

        // Their lines name grains, and so keys and tags, or tell of every pause of the machine.
        ["Orleans.Runtime.CallbackData"] = LogLevel.Error,
        ["Orleans.Runtime.Scheduler.WorkItemGroup"] = LogLevel.Error,
        ["Orleans.Runtime.Silo"] = LogLevel.Error,
        ["Orleans.Runtime.Watchdog"] = LogLevel.Error,

        // Below, they show the query of each request, and the head of one that cannot be read: with the API key, if it is in that line.
        ["Microsoft.AspNetCore.Hosting.Diagnostics"] = LogLevel.Warning,
        ["Microsoft.AspNetCore.Server.Kestrel"] = LogLevel.Warning,
    };

    public static void AddTo(IConfigurationManager configuration) => configuration.Sources.Insert(0, new MemoryConfigurationSource
    {
        InitialData = Levels.Select(level => KeyValuePair.Create($"Logging:LogLevel:{level.Key}", (string?)level.Value.ToString()))
            .Append(KeyValuePair.Create("Logging:Console:FormatterName", (string?)LineFormatter.FormatterName))

            // Of HTTP/2 the bounds are others.
            .Append(KeyValuePair.Create("Kestrel:EndpointDefaults:Protocols", (string?)nameof(HttpProtocols.Http1))),
    });
}
