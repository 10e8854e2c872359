using System.Net;

namespace OrleansTagCache.Silo.StartUp;

/// <summary>Says so when ports are reachable from other machines without TLS.</summary>
internal sealed partial class ExposureWarning(SiloProgramOptions options, SiloAddresses addresses, IConfiguration configuration, ILogger<ExposureWarning> log) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (!IPAddress.IsLoopback(addresses.Listening) && !options.Tls.IsWanted)
        {
            LogExposed(options.SiloPort, options.GatewayPort, addresses.Listening);
        }

        foreach (var url in Addresses.InClearText(configuration))
        {
            LogClearText(url);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(7110, LogLevel.Warning,
        "The ports {SiloPort} and {GatewayPort} of {Address} were opened without mutual TLS. Anyone who reaches them can read, store and expire everything in every namespace, without a key. Set TagCache:Tls, or keep them in a network of their own.")]
    private partial void LogExposed(int siloPort, int gatewayPort, IPAddress address);

    [LoggerMessage(7111, LogLevel.Warning,
        "{Address} was opened to other machines without TLS: API keys can be read on the way. Use https, or a proxy on this machine that does.")]
    private partial void LogClearText(string address);
}
