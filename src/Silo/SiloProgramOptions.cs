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

    public string AdvertisedAddress { get; set; } = "127.0.0.1";

    public ClusteringOptions Clustering { get; set; } = new();

    public ClusterTlsOptions Tls { get; set; } = new();

    /// <summary>The address, once <see cref="Faults"/> has found nothing.</summary>
    public IPAddress Address => IPAddress.Parse(AdvertisedAddress);

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
        if (!IPAddress.TryParse(AdvertisedAddress, out var address))
        {
            yield return $"{Key(nameof(AdvertisedAddress))} must be an IP address; it is '{AdvertisedAddress}'.";
        }
        else if (!IPAddress.IsLoopback(address) && !hasKeys)
        {
            yield return $"{Key(nameof(AdvertisedAddress))} is {AdvertisedAddress}: without API keys a silo listens on loopback only. Use 127.0.0.1, or create a key with 'keys create'.";
        }
        else if (!IPAddress.IsLoopback(address) && Clustering.Provider == ClusteringProvider.Localhost)
        {
            yield return $"{Key(nameof(AdvertisedAddress))} is {AdvertisedAddress}: a silo of the provider Localhost is reached on its own machine only. Use 127.0.0.1, or {Key("Clustering:Provider")}=Redis.";
        }
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

    private static string Key(string option) => $"{TagCacheOptions.Section}:{option}";
}

/// <summary>The rules that the attributes of the options state.</summary>
[OptionsValidator]
internal sealed partial class SiloProgramRanges : IValidateOptions<SiloProgramOptions>;
