using System.Reflection;

namespace OrleansTagCache.Contracts;

/// <summary>The versions of what processes say to each other, as numbers from 1.</summary>
internal static class ProtocolVersion
{
    /// <summary>The oldest version that this process understands: one whose newest is less is refused.</summary>
    public const int Oldest = 1;

    /// <summary>The first version with holds: a silo of an older one would join without hearing of them.</summary>
    public const int Holds = 3;

    /// <summary>The first version whose silos list the tags of their entries.</summary>
    public const int TagLists = 3;

    /// <summary>The first version whose silos tell of their traffic, their slow updates and their keys.</summary>
    public const int Boards = 3;

    /// <summary>The first version whose silos tell of the tags that they have evicted.</summary>
    public const int Evictions = 3;

    /// <summary>The first version whose silos fill warm-ups.</summary>
    public const int WarmUps = 3;

    /// <summary>The first version with updates of all of several tags: a silo or client of an older one takes such an update for one of any of them, and expires more.</summary>
    public const int Conjunctions = 3;

    /// <summary>The first version with remembered updates, and soft tags of readers: a silo of an older one would forget the ones, and not look at the others.</summary>
    public const int Remembering = 3;

    /// <summary>The first version whose silos keep what was made after a sealed moment: one of an older version takes such a set for a plain one.</summary>
    public const int Moments = 3;

    /// <summary>The newest version that this process speaks: 2 is the first in which processes tell their versions, 3 the first with holds and updates of all of several tags.</summary>
    public const int Newest = 3;
}

/// <summary>What a process says of its version. Processes without a version in common refuse each other before the first of them has asked or told the other anything else.</summary>
/// <param name="Oldest">The oldest version of the protocol that it understands.</param>
/// <param name="Newest">The newest that it speaks.</param>
/// <param name="Product">The version of its package, for people.</param>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("otc.ProtocolVersions")]
internal sealed record ProtocolVersions([property: Id(0)] int Oldest, [property: Id(1)] int Newest, [property: Id(2)] string? Product)
{
    /// <summary>Of a process that does not tell its version.</summary>
    public static readonly ProtocolVersions Untold = new(1, 1, null);

    /// <summary>Of this process, unless a test says otherwise.</summary>
    public static readonly ProtocolVersions OfThisBuild = new(
        ProtocolVersion.Oldest,
        ProtocolVersion.Newest,
        typeof(ProtocolVersions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]);

    /// <summary>The newest version that both understand; null if there is none.</summary>
    public int? SpokenWith(ProtocolVersions other)
    {
        var newest = Math.Min(Newest, other.Newest);
        return newest >= Math.Max(Oldest, other.Oldest) ? newest : null;
    }

    /// <summary>For people.</summary>
    public override string ToString() => $"{(Oldest == Newest ? $"{Newest}" : $"{Oldest} to {Newest}")}{(Product is null ? " (from before versions were told)" : $" (OrleansTagCache {Product})")}";
}
