using Microsoft.Extensions.Configuration;
using Orleans.Configuration;
using OrleansTagCache;
using OrleansTagCache.Hosting;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds the cache to an application by the name of a connection string.</summary>
public static class TagCacheConnectionExtensions
{
    /// <summary>
    /// Makes the application a client of the silos that a connection string names, such as the one that <c>WithReference(cache)</c> of an Aspire host gives it, and registers
    /// <see cref="ITagCache"/>: the same as <c>UseOrleansClient</c> with <see cref="GatewayNamesExtensions.UseGatewayNames"/> and
    /// <see cref="TagCacheClientBuilderExtensions.AddTagCacheClient"/>.
    /// </summary>
    /// <remarks>
    /// The connection string is <c>Gateways=cache-0:30000,cache-1:30000;ClusterId=tagcache;ServiceId=tagcache</c>; the ids are <c>tagcache</c> if they are left out. There is no health check of
    /// the silos: an application is healthy without them. For its metrics and traces add the meter and the source <c>OrleansTagCache</c> to OpenTelemetry.
    /// </remarks>
    /// <param name="builder">The application.</param>
    /// <param name="connectionName">Its key in <c>ConnectionStrings</c> of the configuration.</param>
    /// <param name="configure">Changes the options; they are validated at start-up.</param>
    /// <param name="client">Does more with the Orleans client, for example mutual TLS.</param>
    /// <returns>The application.</returns>
    /// <exception cref="InvalidOperationException">There is no such connection string, or it cannot be read.</exception>
    public static IHostApplicationBuilder AddOrleansTagCacheClient(
        this IHostApplicationBuilder builder, string connectionName, Action<TagCacheClientOptions>? configure = null, Action<IClientBuilder>? client = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionName);
        var connection = Read(builder.Configuration, connectionName);
        return builder.UseOrleansClient(orleans =>
        {
            orleans.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (connection.ClusterId, connection.ServiceId));
            orleans.UseGatewayNames(connection.Gateways);
            orleans.AddTagCacheClient(configure);
            client?.Invoke(orleans);
        });
    }

    private static SilosConnection Read(IConfiguration configuration, string name)
    {
        if (configuration.GetConnectionString(name) is not { Length: > 0 } text)
        {
            throw new InvalidOperationException($"There is no connection string '{name}' (ConnectionStrings:{name}). It says where the silos are, for example Gateways=cache:30000;ClusterId=tagcache;ServiceId=tagcache");
        }

        try
        {
            return SilosConnection.Parse(text);
        }
        catch (FormatException unreadable)
        {
            throw new InvalidOperationException($"The connection string '{name}' cannot be read. {unreadable.Message}", unreadable);
        }
    }
}
