namespace OrleansTagCache;

/// <summary>One warm-up of the settings, <c>TagCache:WarmUps:NAME</c>: a loader, and the arguments that it is run with when the cluster starts cold.</summary>
public sealed class WarmUpSettings : WarmUpOptions
{
    /// <summary>The name of the loader, which any process of the cluster offers.</summary>
    public string Loader { get; set; } = string.Empty;

    /// <summary>Its arguments. At least 1, and at most <see cref="WarmUpOptions.MaximumKeys"/>.</summary>
    public string[] Arguments { get; set; } = [];

    /// <summary>The namespace of the entries; that of the silo if it is not set.</summary>
    public string? Namespace { get; set; }
}
