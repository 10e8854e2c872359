using System.Net;
using System.Net.Sockets;

namespace OrleansTagCache.Silo.StartUp;

/// <summary>Looks at what the silo needs around it before it starts: free ports.</summary>
internal static class StartUpChecks
{
    /// <exception cref="StartUpFault">A port is taken, or named twice; every one is named.</exception>
    public static void CheckPorts(SiloProgramOptions options, SiloAddresses addresses, IConfiguration configuration)
    {
        (string Setting, IPAddress Address, int Port)[] ports =
            [("TagCache:SiloPort", addresses.Listening, options.SiloPort), ("TagCache:GatewayPort", addresses.Listening, options.GatewayPort), .. Addresses.Ports(configuration)];
        var faults = ports.GroupBy(port => port.Port).Where(same => same.Count() > 1)
            .Select(same => $"Port {same.Key} is named more than once: {string.Join(" and ", same.Select(port => port.Setting))} must differ.")
            .Concat(ports.DistinctBy(port => port.Port).Where(port => IsTaken(port.Address, port.Port))
                .Select(port => $"Port {port.Port} ({port.Setting}) is in use on {port.Address}. End the program that uses it, or set another: --{port.Setting}=..."))
            .ToList();
        if (faults.Count > 0)
        {
            throw new StartUpFault(faults, mayPass: true);
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
