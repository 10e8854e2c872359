using System.Text.Json.Serialization;
using OrleansTagCache.Names;

namespace OrleansTagCache.Http.Streams;

/// <summary>What an event <c>evict</c> tells: when this silo heard of it, tags of entries that were evicted to make room, and where.</summary>
internal sealed record TagsEvicted(DateTimeOffset At, string[] Tags, string Silo);

/// <summary>What an event <c>gap</c> tells: what has happened since then cannot be told; <c>of</c> is <c>evict</c> if that are evictions alone, and is not there otherwise.</summary>
internal sealed record EventGap(DateTimeOffset Since, string Reason, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Of = null);

/// <summary>What one silo has evicted, or that evictions cannot all be told.</summary>
/// <param name="At">When this silo heard of it; of a gap, since when.</param>
/// <param name="Silo">Who has evicted; null of a gap.</param>
/// <param name="Tags">The tags.</param>
/// <param name="Gap">Why there is a gap; null if there is none.</param>
internal sealed record EvictionNews(DateTimeOffset At, string? Silo, TagId[] Tags, string? Gap)
{
    /// <summary>A gap.</summary>
    public static EvictionNews OfGap(DateTimeOffset since, string reason) => new(since, null, [], reason);
}
