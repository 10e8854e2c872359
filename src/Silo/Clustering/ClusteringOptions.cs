using Microsoft.Extensions.Options;

namespace OrleansTagCache.Silo.Clustering;

/// <summary>Where the membership of the cluster is kept.</summary>
internal enum ClusteringProvider
{
    /// <summary>In the memory of one silo: complete, nothing else installed, gone with the process.</summary>
    Localhost = 0,

    /// <summary>In Redis: any number of silos, and reminders and pending refreshes that outlive them.</summary>
    Redis = 1,

    /// <summary>In a database of PostgreSQL: the same.</summary>
    PostgreSql = 2,
}

/// <summary>The part <c>Clustering</c> of the section <c>TagCache</c>.</summary>
internal sealed class ClusteringOptions
{
    [KnownValue]
    public ClusteringProvider Provider { get; set; } = ClusteringProvider.Localhost;

    /// <summary>The servers of Redis, as StackExchange.Redis writes them; or the database of PostgreSQL, as Npgsql does.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>A file that holds the password of Redis or of PostgreSQL, instead of the connection string: it is read at each new connection.</summary>
    public string? PasswordFile { get; set; }

    public IEnumerable<string> Faults()
    {
        foreach (var value in new ClusteringValues().Validate(null, this).Failures ?? [])
        {
            yield return SettingFaults.Setting($"{nameof(SiloProgramOptions.Clustering)}:{value}");
        }

        if (Provider == ClusteringProvider.Redis && string.IsNullOrWhiteSpace(ConnectionString))
        {
            yield return $"{TagCacheOptions.Section}:Clustering:ConnectionString must name the Redis server, for example 127.0.0.1:6379.";
        }

        if (Provider == ClusteringProvider.PostgreSql && string.IsNullOrWhiteSpace(ConnectionString))
        {
            yield return $"{TagCacheOptions.Section}:Clustering:ConnectionString must name the database of PostgreSQL, for example Host=127.0.0.1;Database=tagcache;Username=tagcache.";
        }
    }
}

/// <summary>The rules that the attributes of the options state.</summary>
[OptionsValidator]
internal sealed partial class ClusteringValues : IValidateOptions<ClusteringOptions>;
