using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Messaging;
using OrleansTagCache.Transport;

namespace Orleans.Hosting;

/// <summary>Finds the silos by host names.</summary>
public static class GatewayNamesExtensions
{
    /// <summary>
    /// Finds the silos of a cluster by names, instead of Redis or PostgreSQL, which this client then need not reach. Each name is looked up again, for 2 s at most, whenever Orleans reads the list of
    /// gateways, every 2 s with <see cref="TagCacheClientBuilderExtensions.AddTagCacheClient"/>, so silos are found whose addresses change at every start: those of a headless service
    /// of Kubernetes, or of a service in a compose file. One silo that answers is enough; it names the others. Set the silos' <c>ClusterId</c> and <c>ServiceId</c> as well.
    /// </summary>
    /// <param name="builder">The Orleans client.</param>
    /// <param name="gateways">
    /// One or more of <c>name:port</c>, <c>address:port</c> or <c>[IPv6]:port</c>, with the silos' <c>GatewayPort</c>. What a name stands for must be what the silos advertise.
    /// </param>
    /// <returns>The Orleans client.</returns>
    /// <exception cref="ArgumentException">There is none, or one has no port from 1 to 65,535, or no valid name.</exception>
    public static IClientBuilder UseGatewayNames(this IClientBuilder builder, params string[] gateways)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(gateways);
        if (gateways.Length == 0)
        {
            throw new ArgumentException("Name one gateway at least, for example cache:30000.", nameof(gateways));
        }

        DnsEndPoint[] endpoints = [.. gateways.Select(Parse)];
        builder.Services.AddSingleton<IGatewayListProvider>(services => new GatewayNames(endpoints, Dns.GetHostAddressesAsync, services.GetService<TimeProvider>() ?? TimeProvider.System));
        return builder;
    }

    private static DnsEndPoint Parse(string gateway) => GatewayNames.TryParse(gateway, out var endpoint)
        ? endpoint
        : throw new ArgumentException($"'{gateway}' is not a gateway. Write name:port, for example cache:30000, or [::1]:30000 for an address of IPv6.", nameof(gateway));
}
