using System.Net.ServerSentEvents;

namespace OrleansTagCache.Http.Streams;

/// <summary>What a stream of events sends next: an event, or a sign of life.</summary>
/// <param name="Event">The event; null for a sign of life.</param>
/// <param name="Position">Where a reader stands that has got everything until now; null if it cannot come back to it. An event has it itself.</param>
internal readonly record struct StreamItem(SseItem<byte[]>? Event, string? Position)
{
    /// <summary>An event.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="json">What it tells.</param>
    /// <param name="position">Where a reader stands that has got it; null if it cannot come back to it.</param>
    public static StreamItem Of(string name, byte[] json, string? position = null) => new(new SseItem<byte[]>(json, name) { EventId = position }, null);

    /// <summary>A comment, so that no one on the way takes a quiet stream for a dead one.</summary>
    public static StreamItem Beat(string? position = null) => new(null, position);
}
