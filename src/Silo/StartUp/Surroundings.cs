using System.Net;
using System.Net.Sockets;
using OrleansTagCache.Silo.Clustering;
using StackExchange.Redis;

namespace OrleansTagCache.Silo.StartUp;

/// <summary>Looks at what the silo needs around it before it starts: free ports, and its Redis.</summary>
internal static class Surroundings
{
    /// <exception cref="StartUpFault">A port is taken; every taken one is named.</exception>
    public static void CheckPorts(ClusteringOptions options, string? urls)
    {
        var ports = new List<(string Setting, int Port)>
        {
            ("TagCache:SiloPort", options.SiloPort),
            ("TagCache:GatewayPort", options.GatewayPort),
        };
        ports.AddRange(SettingsCheck.Urls(urls).Where(uri => uri.Port != 0).Select(uri => ("urls", uri.Port)));
        var faults = ports.Where(port => IsTaken(options.Address, port.Port))
            .Select(port => $"Port {port.Port} ({port.Setting}) is in use on {options.AdvertisedAddress}. End the program that uses it, or set another: --{port.Setting}=...")
            .ToList();
        if (faults.Count > 0)
        {
            throw new StartUpFault(faults);
        }
    }

    /// <exception cref="StartUpFault">Redis cannot be reached.</exception>
    public static async Task<IConnectionMultiplexer?> ConnectRedis(ClusteringOptions options)
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
            throw new StartUpFault("The Redis of TagCache:Clustering:ConnectionString cannot be reached. Is it running, and is the address right?");
        }
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
