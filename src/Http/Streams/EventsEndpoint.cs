using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.Timeouts;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Endpoints;
using OrleansTagCache.Http.Messages;
using OrleansTagCache.Invalidation;
using OrleansTagCache.Journal;
using OrleansTagCache.Membership;
using OrleansTagCache.Names;

namespace OrleansTagCache.Http.Streams;

/// <summary>What an event <c>update</c> or <c>revalidate</c> tells: when it was complete, and its tags; <c>match</c> is <c>all</c> for what bears all of them, and is not there for what bears any.</summary>
internal sealed record TagsChanged(DateTimeOffset At, string[] Tags, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Match = null);

/// <summary>What an event <c>gap</c> tells: what has happened since then cannot be told.</summary>
internal sealed record EventGap(DateTimeOffset Since, string Reason);

/// <summary>
/// <c>/v1/events</c>: updates and revalidations, each once it is complete everywhere, for those who keep what was made of entries outside of the cluster. A reader has a place in the log that all share, and nothing of its own is kept
/// for it: one that is too slow, or comes back too late, is told of the gap.
/// </summary>
internal sealed class EventsEndpoint(Invalidator invalidator, ServingLease lease, EventStreams streams, TimeProvider time)
{
    private const string LastEventId = "Last-Event-ID";
    private const string Updated = "update";
    private const string Revalidated = "revalidate";
    private const int Batch = 100;

    private static readonly TimeSpan BeatPeriod = TimeSpan.FromSeconds(10);

    public void Map(IEndpointRouteBuilder v1) => v1.MapRead("/events", Get).Needs(Scopes.Read).WithMetadata(new DisableRequestTimeoutAttribute())
        .WithSummary("Updates and revalidations of tags, once they are complete, as server-sent events").Produces<TagsChanged>(contentType: "text/event-stream");

    // Parameters are declared for the OpenAPI document and read through Query, which says what is wrong with them.
    public IResult Get(HttpContext http, string[]? tag, string? types, string? after)
    {
        var filter = new EventFilter(http.Caller().Namespace, TagsOf(http.Request), TypesOf(http.Request));
        var position = PositionOf(http.Request);
        if (!lease.IsValid())
        {
            return Problems.Unavailable("The silo does not serve: it would not hear of every update. Ask another one.");
        }

        return streams.Open(over => Read(filter, position, over));
    }

    private async IAsyncEnumerable<StreamItem> Read(EventFilter filter, EventPosition? position, [EnumeratorCancellation] CancellationToken over)
    {
        var cursor = position is null ? invalidator.EventsFromNow() : invalidator.Events.Find(position);
        if (cursor is null)
        {
            cursor = invalidator.EventsFromNow();
            yield return Gap(position!.At, "unknown_position", cursor);
        }

        var events = new List<LoggedEvent>(Batch);
        if (position is null)
        {
            yield return StreamItem.Beat(cursor.Position.ToString());
        }

        while (true)
        {
            if (!invalidator.Events.Read(cursor, events, Batch))
            {
                var since = cursor.At;
                cursor = invalidator.EventsFromNow();
                yield return Gap(since, "too_slow", cursor);
                continue;
            }

            foreach (var logged in events)
            {
                if (cursor.Take(logged) && filter.Names(logged) is { Length: > 0 } tags)
                {
                    yield return StreamItem.Of(logged.StaleFor is null ? Updated : Revalidated, JsonAnswer.Part(new TagsChanged(logged.At, tags, logged.Match == TagMatch.All ? "all" : null)), cursor.Position.ToString());
                }
            }

            if (events.Count == 0 && !await IsMore(cursor, over) && invalidator.PositionOf(cursor) is { } end)
            {
                cursor.Stands(end);
                yield return StreamItem.Beat(cursor.Position.ToString());
            }
        }
    }

    /// <summary>Waits for the next event; false for none in the time in which a stream may be quiet.</summary>
    private async Task<bool> IsMore(EventCursor cursor, CancellationToken over)
    {
        try
        {
            await invalidator.Events.After(cursor).WaitAsync(BeatPeriod, time, over);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static StreamItem Gap(DateTimeOffset since, string reason, EventCursor cursor) => StreamItem.Of("gap", JsonAnswer.Part(new EventGap(since, reason)), cursor.Position.ToString());

    private static string[] TagsOf(HttpRequest request) =>
        Query.All(request, "tag") is { Length: > 0 } named ? TagSet.ForCall([.. named.Select(tag => TagName.Parse(tag, "tag").Value)]) : [];

    private static string[] TypesOf(HttpRequest request)
    {
        if (Query.One(request, "types") is not { } text)
        {
            return [Updated, Revalidated];
        }

        var types = text.Split(',', StringSplitOptions.TrimEntries);
        return Array.TrueForAll(types, static type => type is Updated or Revalidated)
            ? types
            : throw new ArgumentException($"'types' must be '{Updated}', '{Revalidated}' or both, with a comma between them.");
    }

    /// <summary>A reader that comes back by itself asks as it asked first, and says in the header what it has got since.</summary>
    private static EventPosition? PositionOf(HttpRequest request)
    {
        var header = request.Headers[LastEventId];
        var text = header.Count == 0 ? Query.One(request, "after") : header.Count == 1 ? header[0] : throw new ArgumentException($"'{LastEventId}' may be given once.");
        return text is null or "" ? null
            : EventPosition.TryParse(text, out var position) ? position
            : throw new ArgumentException($"'{LastEventId}' and 'after' take the id of an event, as it came.");
    }
}

/// <summary>What a reader is told of.</summary>
/// <param name="space">The namespace of its key: of others nothing.</param>
/// <param name="tags">The tags; all if there are none.</param>
/// <param name="types">The names of events.</param>
internal sealed class EventFilter(CacheNamespace space, string[] tags, string[] types)
{
    private readonly HashSet<string> _tags = new(tags, StringComparer.Ordinal);
    private readonly bool _takesUpdates = types.Contains("update");
    private readonly bool _takesRevalidations = types.Contains("revalidate");

    /// <summary>The tags of its namespace, if one of them is one of the reader's, or <c>*</c>, which means all of them.</summary>
    public string[] Names(LoggedEvent logged)
    {
        if (!(logged.StaleFor is null ? _takesUpdates : _takesRevalidations))
        {
            return [];
        }

        string[] names = [.. logged.Tags.Where(tag => tag.Namespace == space).Select(tag => tag.Name)];
        return _tags.Count == 0 || Array.Exists(names, name => name == TagName.Everything.Value || _tags.Contains(name)) ? names : [];
    }
}
