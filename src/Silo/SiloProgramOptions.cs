using System.Net;
using Microsoft.Extensions.Options;
using OrleansTagCache.Silo.Clustering;
using OrleansTagCache.Tls;

namespace OrleansTagCache.Silo;

/// <summary>The settings of the program in the section <c>TagCache</c>, beside those of the cache: its cluster, and where it listens.</summary>
internal sealed class SiloProgramOptions
{
    public string ClusterId { get; set; } = "tagcache";

    public string ServiceId { get; set; } = "tagcache";

    [SettingRange(1, 65_535)]
    public int SiloPort { get; set; } = 11111;

    [SettingRange(1, 65_535)]
    public int GatewayPort { get; set; } = 30000;

    /// <summary>An IP address, or a name that is looked up once, at the start.</summary>
    public string AdvertisedAddress { get; set; } = "127.0.0.1";

    /// <summary>The IP address that the silo and gateway ports listen on, if it is not the advertised one; <c>0.0.0.0</c> and <c>::</c> are every address of the machine.</summary>
    public string? ListenAddress { get; set; }

    /// <summary>A directory whose files are settings.</summary>
    public string? SettingsDirectory { get; set; }

    public ClusteringOptions Clustering { get; set; } = new();

    public ClusterTlsOptions Tls { get; set; } = new();

    /// <summary>Everything that is wrong here.</summary>
    /// <param name="hasKeys">Whether the HTTP API has keys; without them a silo listens on loopback only.</param>
    public IEnumerable<string> Faults(bool hasKeys) => [.. NameFaults(), .. PortFaults(), .. AddressFaults(hasKeys), .. PartFaults()];

    private IEnumerable<string> NameFaults()
    {
        if (string.IsNullOrWhiteSpace(ClusterId))
        {
            yield return $"{Key(nameof(ClusterId))} must not be empty.";
        }

        if (string.IsNullOrWhiteSpace(ServiceId))
        {
            yield return $"{Key(nameof(ServiceId))} must not be empty.";
        }
    }

    private IEnumerable<string> PortFaults()
    {
        foreach (var range in new SiloProgramRanges().Validate(null, this).Failures ?? [])
        {
            yield return SettingFaults.Setting(range);
        }

        if (SiloPort == GatewayPort)
        {
            yield return $"{Key(nameof(SiloPort))} and {Key(nameof(GatewayPort))} must differ; both are {SiloPort}.";
        }
    }

    private IEnumerable<string> AddressFaults(bool hasKeys)
    {
        if (IPAddress.TryParse(AdvertisedAddress, out var address))
        {
            if (AddressFault(address, loopbackOnly: !hasKeys) is { } fault)
            {
                yield return fault;
            }
        }
        else if (AdvertisedAddress.Length > LongestName || Uri.CheckHostName(AdvertisedAddress) != UriHostNameType.Dns)
        {
            yield return $"{Key(nameof(AdvertisedAddress))} must be an IP address or a host name; it is '{AdvertisedAddress}'.";
        }

        if (ListenAddress is null)
        {
            yield break;
        }

        if (!IPAddress.TryParse(ListenAddress, out var listening))
        {
            yield return $"{Key(nameof(ListenAddress))} must be an IP address; it is '{ListenAddress}'. For every address of this machine, use 0.0.0.0 or ::.";
        }
        else if (ReachFault(nameof(ListenAddress), ListenAddress, listening, loopbackOnly: !hasKeys) is { } reach)
        {
            yield return reach;
        }
    }

    /// <summary>What is wrong with advertising that address, which the setting is or stands for; null if nothing.</summary>
    public string? AddressFault(IPAddress address, bool loopbackOnly)
    {
        var shown = IPAddress.TryParse(AdvertisedAddress, out _) ? AdvertisedAddress : $"{AdvertisedAddress} ({address})";
        if (ReachFault(nameof(AdvertisedAddress), shown, address, loopbackOnly) is { } reach)
        {
            return reach;
        }

        if (IsEvery(address))
        {
            return $"{Key(nameof(AdvertisedAddress))} is {shown}, which cannot be connected to. Use an address or a name of this machine, and {Key(nameof(ListenAddress))}={address} to listen on all of them.";
        }

        var isForOthers = !loopbackOnly && Clustering.Provider != ClusteringProvider.Localhost;
        if (isForOthers && IPAddress.IsLoopback(address) && !IPAddress.TryParse(AdvertisedAddress, out _) && !AdvertisedAddress.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            return $"{Key(nameof(AdvertisedAddress))} is {shown}, which no other machine can connect to; /etc/hosts often gives a machine's own name such an address. Use an address, or a name that stands for one that others reach.";
        }

        if (!IPAddress.TryParse(ListenAddress, out var listening))
        {
            return null;
        }

        return !Reaches(listening, address)
            ? $"{Key(nameof(AdvertisedAddress))} is {shown}, and {Key(nameof(ListenAddress))} is {ListenAddress}: one is IPv4 and the other IPv6. Use two of a kind, or {Key(nameof(ListenAddress))}=:: for both."
            : isForOthers && IPAddress.IsLoopback(address) && !IPAddress.IsLoopback(listening)
            ? $"{Key(nameof(AdvertisedAddress))} is {shown}, and {Key(nameof(ListenAddress))} is {ListenAddress}: other machines reach the ports, and are told an address that is their own. Set {Key(nameof(AdvertisedAddress))} to one that they reach."
            : null;
    }

    /// <summary>Whether who listens there can be connected to under that address, as far as their kinds go.</summary>
    public static bool Reaches(IPAddress listening, IPAddress address) => listening.Equals(IPAddress.IPv6Any) || listening.AddressFamily == address.AddressFamily;

    /// <summary>Whether it stands for every address of a machine.</summary>
    public static bool IsEvery(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private string? ReachFault(string setting, string shown, IPAddress address, bool loopbackOnly)
    {
        if (IPAddress.IsLoopback(address))
        {
            return null;
        }

        return loopbackOnly
            ? $"{Key(setting)} is {shown}: without API keys a silo listens on loopback only. Use 127.0.0.1, or create a key with 'keys create'."
            : Clustering.Provider == ClusteringProvider.Localhost
            ? $"{Key(setting)} is {shown}: a silo of the provider Localhost is reached on its own machine only. Use 127.0.0.1, or {Key("Clustering:Provider")}=Redis."
            : null;
    }

    private IEnumerable<string> PartFaults()
    {
        foreach (var fault in Tls.IsWanted ? ClusterTlsOptionsValidator.Faults(Tls, isSilo: true) : [])
        {
            yield return $"{Key(nameof(Tls))}: {fault}";
        }

        foreach (var fault in Clustering.Faults())
        {
            yield return fault;
        }
    }

    /// <summary>A DNS name has no more characters.</summary>
    private const int LongestName = 253;

    private static string Key(string option) => $"{TagCacheOptions.Section}:{option}";
}

/// <summary>The rules that the attributes of the options state.</summary>
[OptionsValidator]
internal sealed partial class SiloProgramRanges : IValidateOptions<SiloProgramOptions>;
