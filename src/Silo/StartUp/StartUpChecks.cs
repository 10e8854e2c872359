using System.Net;
using System.Net.Sockets;

namespace OrleansTagCache.Silo.StartUp;

/// <summary>Looks at what the silo needs around it before it starts: free ports.</summary>
internal static class StartUpChecks
{
    /// <exception cref="StartUpFault">A port cannot be listened on, or is named twice; every one is named.</exception>
    public static void CheckPorts(SiloProgramOptions options, SiloAddresses addresses, IConfiguration configuration)
    {
        NamedPort[] ports =
        [
            new("TagCache:SiloPort", "TagCache:ListenAddress", addresses.Listening, options.SiloPort),
            new("TagCache:GatewayPort", "TagCache:ListenAddress", addresses.Listening, options.GatewayPort),
            .. Addresses.Ports(configuration).Select(port => new NamedPort(port.Setting, port.Setting, port.Address, port.Port)),
        ];
        var faults = ports.GroupBy(port => port.Port)
            .Where(same => same.Any(one => same.Any(other => one != other && one.Overlaps(other))))
            .Select(same => (Text: $"Port {same.Key} is named more than once: {string.Join(" and ", same.Select(port => port.Setting))} must differ.", MayPass: false))
            .Concat(ports.DistinctBy(port => (port.Address, port.Port)).Select(FaultOf).OfType<(string Text, bool MayPass)>())
            .ToList();
        if (faults.Count > 0)
        {
            throw new StartUpFault([.. faults.Select(fault => fault.Text)], faults.TrueForAll(fault => fault.MayPass));
        }
    }

    /// <summary>Why it cannot be listened on, and whether that may pass by itself; null if it can.</summary>
    private static (string Text, bool MayPass)? FaultOf(NamedPort port)
    {
        try
        {
            using var listener = new TcpListener(port.Address, port.Port) { ExclusiveAddressUse = true };
            if (port.Address.Equals(IPAddress.IPv6Any))
            {
                listener.Server.DualMode = true;
            }

            listener.Start();
            return null;
        }
        catch (SocketException refused)
        {
            return refused.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse =>
                    ($"Port {port.Port} ({port.Setting}) is in use on {port.Address}. End the program that uses it, or set another: --{port.Setting}=...", true),

                // A network may come up later than this program.
                SocketError.AddressNotAvailable =>
                    ($"{port.Address} is not an address of this machine, so port {port.Port} ({port.Setting}) cannot be listened on. Set {port.AddressSetting} to one that it has, or to 0.0.0.0 for all of them.", true),
                SocketError.AccessDenied =>
                    ($"Port {port.Port} ({port.Setting}) needs a right that this program does not have. Set one above 1023: --{port.Setting}=...", false),
                _ => ($"Port {port.Port} ({port.Setting}) cannot be listened on at {port.Address}: {refused.Message}.", true),
            };
        }
    }

    private sealed record NamedPort(string Setting, string AddressSetting, IPAddress Address, int Port)
    {
        public bool Overlaps(NamedPort other) => Address.Equals(other.Address) || SiloProgramOptions.IsEvery(Address) || SiloProgramOptions.IsEvery(other.Address);
    }
}
