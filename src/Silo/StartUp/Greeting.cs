using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Silo.Clustering;

namespace OrleansTagCache.Silo.StartUp;

/// <summary>Says where the silo is and how to try it, once it can be tried.</summary>
internal sealed class Greeting(IServer server, SiloProgramOptions options, SiloAddresses addresses, ClusterStore store, ApiKeyRing keys, UiSessions ui, IHostApplicationLifetime lifetime) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(Greet);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Greet()
    {
        var address = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "http://127.0.0.1:8080";
        Console.WriteLine($"""
            OrleansTagCache is ready.
              HTTP      {address}
              Cluster   {options.ClusterId} ({store.Place})
              Clients   {addresses.At(options.GatewayPort)}
              Page      {(ui.AreOn ? $"{address}/ui" : "off (TagCache:Ui:Enabled)")}
              Try       curl {(keys.IsRequired ? "-H 'Authorization: Bearer otc_...' " : string.Empty)}"{address}/v1/cluster"
            """);
    }
}
