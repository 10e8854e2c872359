using System.Net;
using System.Net.Sockets;
using OrleansTagCache.Silo.Clustering;
using StackExchange.Redis;

namespace OrleansTagCache.Silo.StartUp;

/// <summary>Looks at what the silo needs around it before it starts: free ports, and its Redis.</summary>
internal static class StartUpChecks
{
    /// <exception cref="StartUpFault">A port is taken, or named twice; every one is named.</exception>
    public static void CheckPorts(SiloProgramOptions options, IConfiguration configuration)
    {
        (string Setting, int Port)[] ports =
            [("TagCache:SiloPort", options.SiloPort), ("TagCache:GatewayPort", options.GatewayPort), .. Addresses.Ports(configuration)];
        var faults = ports.GroupBy(port => port.Port).Where(same => same.Count() > 1)
            .Select(same => $"Port {same.Key} is named more than once: {string.Join(" and ", same.Select(port => port.Setting))} must differ.")
            .Concat(ports.DistinctBy(port => port.Port).Where(port => IsTaken(options.Address, port.Port))
                .Select(port => $"Port {port.Port} ({port.Setting}) is in use on {options.AdvertisedAddress}. End the program that uses it, or set another: --{port.Setting}=..."))
            .ToList();
        if (faults.Count > 0)
        {
            throw new StartUpFault(faults);
        }
    }

    /// <exception cref="StartUpFault">Redis cannot be reached.</exception>
    public static async Task<IConnectionMultiplexer?> ConnectRedis(SiloProgramOptions options)
    {
        if (options.Clustering.Provider != ClusteringProvider.Redis)
        {
            return null;
        }

        try
        {
            var redis = ConfigurationOptions.Parse(options.Clustering.ConnectionString!);
            redis.ConnectTimeout = 3_000;
            return await ConnectionMultiplexer.ConnectAsync(redis);
        }
        catch (Exception exception) when (exception is RedisException or ArgumentException)
        {
            throw new StartUpFault("The Redis of TagCache:Clustering:ConnectionString cannot be reached. Check that it is running and that the address is right.");
        }
    }

    /// <summary>The servers of Redis and no more: the password may stand anywhere in the text.</summary>
    public static string RedisServers(SiloProgramOptions options)
    {
        var redis = ConfigurationOptions.Parse(options.Clustering.ConnectionString!);
        redis.SetDefaultPorts();
        return string.Join(", ", redis.EndPoints.Select(server => server is DnsEndPoint named ? $"{named.Host}:{named.Port}" : server.ToString()));
    }

    private static bool IsTaken(IPAddress address, int port)
    {
        try
        {
            using var listener = new TcpListener(address, port) { ExclusiveAddressUse = true };
            listener.Start();
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
