using OrleansTagCache.Names;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>The simulated cluster's settings: short leases and small tables, so that every bound is met often.</summary>
internal static class Terms
{
    public const int MaximumUnheld = 4;

    public const int MaximumInterest = 5;

    public static readonly TimeSpan ServingLease = TimeSpan.FromMilliseconds(1_000);

    public static readonly TimeSpan SessionLease = TimeSpan.FromMilliseconds(800);

    public static readonly TimeSpan GenerationLease = TimeSpan.FromMilliseconds(700);

    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(80);
}

/// <summary>The keys and tags that the simulated application uses.</summary>
internal static class Catalog
{
    public static readonly TagId A = new(TagKind.Tag, "a");
    public static readonly TagId B = new(TagKind.Tag, "b");
    public static readonly TagId C = new(TagKind.Tag, "c");
    public static readonly TagId Everything = new(TagKind.Tag, "*");

    public static readonly string[] Keys = ["K0", "K1", "K2"];

    public static TagId TagOf(string key) => new(TagKind.Key, key);

    /// <summary>Late tags first, then early ones, <c>*</c>, and last the key.</summary>
    public static (TagId[] Tags, int Late) TagsOf(string key) => key switch
    {
        "K0" => ([B, A, Everything, TagOf(key)], 1),
        "K1" => ([B, Everything, TagOf(key)], 0),
        _ => ([C, A, Everything, TagOf(key)], 1),
    };
}
