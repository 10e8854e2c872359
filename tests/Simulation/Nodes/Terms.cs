using OrleansTagCache.Contracts;
using OrleansTagCache.Names;
using OrleansTagCache.Simulation.Engine;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>The simulated cluster's settings: short leases and small tables, so that every bound is met often.</summary>
internal static class Terms
{
    public const int MaximumUnreferenced = 4;

    public const int MaximumConjunctions = 1;

    public const int MaximumRemembered = 1;

    public const int MaximumInterest = 5;

    public static readonly TimeSpan ServingLease = TimeSpan.FromMilliseconds(1_000);

    public static readonly TimeSpan SessionLease = TimeSpan.FromMilliseconds(800);

    public static readonly TimeSpan GenerationLease = TimeSpan.FromMilliseconds(700);

    public static readonly TimeSpan FailSafeThrottle = TimeSpan.FromMilliseconds(120);

    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a coordinator goes on with a hold that it has not got from every member.</summary>
    public static readonly TimeSpan HoldPatience = TimeSpan.FromMilliseconds(1_500);

    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(80);
}

/// <summary>The keys and tags that the simulated application uses.</summary>
internal static class Catalog
{
    public const string K0 = "1:sK0";
    public const string K1 = "1:sK1";
    public const string K2 = "1:sK2";

    public static readonly CacheNamespace Namespace = CacheNamespace.Parse("s");

    public static readonly TagId A = TagId.OfTag(Namespace, "a");
    public static readonly TagId B = TagId.OfTag(Namespace, "b");
    public static readonly TagId C = TagId.OfTag(Namespace, "c");
    public static readonly TagId Everything = TagId.OfEverything(Namespace);

    /// <summary>Tags that no entry bears, and that readers name.</summary>
    public static readonly TagId P = TagId.OfTag(Namespace, "p");
    public static readonly TagId Q = TagId.OfTag(Namespace, "q");

    public static readonly TagId[] SoftTags = [P, Q];

    public static readonly string[] Keys = [K0, K1, K2];

    public static TagId TagOf(string key) => TagId.OfKey(key);

    public static TagId TagOfName(string name) => TagId.OfTag(Namespace, name);

    /// <summary>The tags that a caller knows before its factory runs.</summary>
    public static string[] KnownTagsOf(string key)
    {
        var (tags, late) = TagsOf(key);
        return [.. tags[late..^2].Select(tag => tag.Name)];
    }

    /// <summary>Late tags first, then early ones, <c>*</c>, and last the key.</summary>
    public static (TagId[] Tags, int Late) TagsOf(string key) => key switch
    {
        K0 => ([B, A, Everything, TagOf(key)], 1),
        K1 => ([B, Everything, TagOf(key)], 0),
        _ => ([C, A, Everything, TagOf(key)], 1),
    };
}

/// <summary>How long values of a key live.</summary>
internal sealed record Lifetime(CacheLife Life, TimeSpan FailSafe, TimeSpan Sliding)
{
    /// <summary>For longer than any run.</summary>
    public static readonly Lifetime Long = new(CacheLife.Max, TimeSpan.Zero, TimeSpan.Zero);

    public static Lifetime OfMilliseconds(int fresh, int whole, int failSafe = 0, int sliding = 0) => new(
        new(TimeSpan.Zero, TimeSpan.FromMilliseconds(fresh), TimeSpan.FromMilliseconds(whole)),
        TimeSpan.FromMilliseconds(failSafe),
        TimeSpan.FromMilliseconds(sliding));

    public EntryData DataOf(Value value) => new(value.Payload, [.. value.Tags[..^2].Select(tag => tag.Name)], null, Life, FailSafe: FailSafe, Sliding: Sliding);
}

/// <summary>How a factory ends.</summary>
internal enum Fate
{
    Succeeds,
    Fails,

    /// <summary>It succeeds, and its reader does not wait for it if there is something past its life to serve.</summary>
    IsSlow,

    IsNotForStoring,
}
