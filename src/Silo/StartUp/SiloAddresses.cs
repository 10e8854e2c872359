using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using OrleansTagCache.Silo.Clustering;

namespace OrleansTagCache.Silo.StartUp;

/// <summary>Where the silo and gateway ports are, once names have been looked up.</summary>
/// <param name="Advertised">What other silos and clients connect to.</param>
/// <param name="Listening">What this silo listens on, perhaps every address of the machine.</param>
internal sealed record SiloAddresses(IPAddress Advertised, IPAddress Listening)
{
    /// <summary>For so long a name that is not known yet is looked up again: where machines and names come up together, a name may be late.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Those of the options.</summary>
    /// <param name="options">They must have no faults.</param>
    /// <param name="loopbackOnly">Whether other machines must not reach them.</param>
    /// <param name="names">Looks a name up, and throws <see cref="SocketException"/> if there is none.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="StartUpFault">There is no such name, or what it stands for cannot be used.</exception>
    public static async Task<SiloAddresses> Find(SiloProgramOptions options, bool loopbackOnly, Func<string, Task<IPAddress[]>> names, TimeProvider time)
    {
        var listening = options.ListenAddress is { } text ? IPAddress.Parse(text) : null;
        if (!IPAddress.TryParse(options.AdvertisedAddress, out var advertised))
        {
            var found = await LookUp(options.AdvertisedAddress, names, time);
            advertised = Choose(found, listening, preferLoopback: loopbackOnly || options.Clustering.Provider == ClusteringProvider.Localhost);
            if (options.AddressFault(advertised, loopbackOnly) is { } fault)
            {
                throw new StartUpFault(fault);
            }
        }

        return new(advertised, listening ?? advertised);
    }

    /// <summary>As other machines write it, with a port.</summary>
    public string At(int port) => new IPEndPoint(Advertised, port).ToString();

    /// <summary>
    /// Of several the first that this machine has and the silo listens on; where it has none of them, as behind NAT, the first. Those of IPv4 come first, and those of loopback
    /// only where no other machine is to connect.
    /// </summary>
    private static IPAddress Choose(IPAddress[] found, IPAddress? listening, bool preferLoopback)
    {
        var own = NetworkInterface.GetAllNetworkInterfaces().SelectMany(network => network.GetIPProperties().UnicastAddresses).Select(unicast => unicast.Address).ToHashSet();
        return found.OrderBy(address => listening is null || SiloProgramOptions.Reaches(listening, address) ? 0 : 1)
            .ThenBy(address => IPAddress.IsLoopback(address) == preferLoopback ? 0 : 1)
            .ThenBy(address => own.Contains(address) ? 0 : 1)
            .ThenBy(address => address.AddressFamily == AddressFamily.InterNetwork ? 0 : 1)
            .First();
    }

    private static async Task<IPAddress[]> LookUp(string name, Func<string, Task<IPAddress[]>> names, TimeProvider time)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            var why = "it stands for no address";
            try
            {
                var left = Patience - time.GetElapsedTime(begun);
                if (await names(name).WaitAsync(left > Pause ? left : Pause, time) is [_, ..] found)
                {
                    return found;
                }
            }
            catch (SocketException unknown)
            {
                why = unknown.Message;
            }

            catch (TimeoutException)
            {
                why = "no name server has answered";
            }

            if (time.GetElapsedTime(begun) >= Patience)
            {
                throw new StartUpFault($"{TagCacheOptions.Section}:{nameof(SiloProgramOptions.AdvertisedAddress)} is {name}, which could not be resolved within {Patience.TotalSeconds:0} s: {why}.", mayPass: true);
            }

            await Task.Delay(Pause, time);
        }
    }
}
