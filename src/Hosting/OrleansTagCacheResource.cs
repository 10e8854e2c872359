namespace Aspire.Hosting.ApplicationModel;

/// <summary>A cluster of OrleansTagCache: its silos are its children, and its connection string names their gateways.</summary>
public sealed class OrleansTagCacheResource : Resource, IResourceWithConnectionString, IResourceWithWaitSupport
{
    private readonly List<IResourceBuilder<TagCacheSiloResource>> _silos = [];

    /// <param name="name">Its name, which is that of the connection string too.</param>
    internal OrleansTagCacheResource(string name)
        : base(name)
    {
    }

    /// <summary>The <c>ClusterId</c> of its silos.</summary>
    public string ClusterId { get; internal set; } = "tagcache";

    /// <summary>The <c>ServiceId</c> of its silos.</summary>
    public string ServiceId { get; internal set; } = "tagcache";

    /// <summary>Its silos.</summary>
    public IReadOnlyList<TagCacheSiloResource> Silos => [.. _silos.Select(silo => silo.Resource)];

    /// <summary><c>Gateways=127.0.0.1:30000,...;ClusterId=...;ServiceId=...</c>, as <c>AddOrleansTagCacheClient</c> reads it.</summary>
    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create($"Gateways={string.Join(',', Silos.Select(silo => silo.Gateway))};ClusterId={ClusterId};ServiceId={ServiceId}");

    internal IReadOnlyList<IResourceBuilder<TagCacheSiloResource>> SiloBuilders => _silos;

    /// <summary>Where the silos keep their membership; null if in memory, which is for one silo.</summary>
    internal TagCacheStoreReference? Store { get; set; }

    /// <summary>More settings of every silo, by their names below <c>TagCache</c>.</summary>
    internal Dictionary<string, string> Settings { get; } = new(StringComparer.OrdinalIgnoreCase);

    internal void Add(IResourceBuilder<TagCacheSiloResource> silo) => _silos.Add(silo);
}

/// <summary>Where the silos keep their membership.</summary>
/// <param name="Store">Its kind.</param>
/// <param name="Resource">What has its connection string.</param>
internal sealed record TagCacheStoreReference(TagCacheStore Store, IResourceBuilder<IResourceWithConnectionString> Resource);
