using System.Globalization;

namespace OrleansTagCache.Samples.Cities.Hosting;

/// <summary>How silos are found.</summary>
internal enum ClusterProvider
{
    /// <summary>By the gateway ports of silos on this machine.</summary>
    Localhost = 0,

    /// <summary>By the membership that they keep in Redis.</summary>
    Redis = 1,
}

/// <summary>The section <c>Cluster</c>: which cluster the application is a client of.</summary>
internal sealed class ClusterOptions
{
    public ClusterProvider Provider { get; set; }

    /// <summary>Gateway ports, separated by commas.</summary>
    public string Gateways { get; set; } = "30000";

    public string ConnectionString { get; set; } = "127.0.0.1:6379";

    public string ClusterId { get; set; } = "tagcache";

    public string ServiceId { get; set; } = "tagcache";

    /// <summary>The ports, once <see cref="Faults"/> has found nothing.</summary>
    public int[] GatewayPorts => [.. SplitGateways().Select(port => int.Parse(port, CultureInfo.InvariantCulture))];

    /// <summary>Everything that is wrong here.</summary>
    public IEnumerable<string> Faults()
    {
        if (SplitGateways() is var ports && (ports.Length == 0 || !ports.All(port => int.TryParse(port, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 65_535)))
        {
            yield return $"Cluster:Gateways must be ports separated by commas, for example 30000,30001; it is '{Gateways}'.";
        }

        if (Provider == ClusterProvider.Redis && string.IsNullOrWhiteSpace(ConnectionString))
        {
            yield return "Cluster:ConnectionString must name the Redis server, for example 127.0.0.1:6379.";
        }
    }

    private string[] SplitGateways() => Gateways.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
