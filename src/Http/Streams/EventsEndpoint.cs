using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.Timeouts;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Endpoints;
using OrleansTagCache.Http.Messages;
using OrleansTagCache.Invalidation;
using OrleansTagCache.Journal;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Membership;
using OrleansTagCache.Names;

namespace OrleansTagCache.Http.Streams;

/// <summary>What an event <c>update</c> or <c>revalidate</c> tells: when it was complete, and its tags; <c>match</c> is <c>all</c> for what bears all of them, and is not there for what bears any.</summary>
internal sealed record TagsChanged(DateTimeOffset At, string[] Tags, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Match = null);

/// <summary>
/// <c>/v1/events</c>: updates and revalidations, each once it is complete everywhere, for those who keep what was made of entries outside of the cluster. A reader has a place in the log that all share, and nothing of its own is kept
/// for it: one that is too slow, or comes back too late, is told of the gap. Evictions are told to those who ask for them, beside that log: they have no position in it, and who comes back is told that some may be missing.
/// </summary>
internal sealed class EventsEndpoint(Invalidator invalidator, ServingLease lease, EventStreams streams, EvictionFeed evictions, TimeProvider time)
{
    private const string LastEventId = "Last-Event-ID";
    private const string Updated = "update";
    private const string Revalidated = "revalidate";
    private const string Evicted = "evict";
    private const int Batch = 100;

    private static readonly TimeSpan BeatPeriod = TimeSpan.FromSeconds(10);

    public void Map(IEndpointRouteBuilder v1) => v1.MapRead("/events", Get).Needs(Scopes.Read).WithMetadata(new DisableRequestTimeoutAttribute())
        .WithSummary("Updates and revalidations of tags, once they are complete, and evictions on demand, as server-sent events").Produces<TagsChanged>(contentType: "text/event-stream");

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

        using var evicted = filter.TakesEvictions ? evictions.Open(position?.At ?? time.GetUtcNow()) : null;
        var events = new List<LoggedEvent>(Batch);
        var sent = time.Now();
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
                sent = time.Now();
                continue;
            }

            foreach (var logged in events)
            {
                if (cursor.Take(logged) && filter.Names(logged) is { Length: > 0 } tags)
                {
                    yield return StreamItem.Of(logged.StaleFor is null ? Updated : Revalidated, JsonAnswer.Part(new TagsChanged(logged.At, tags, logged.Match == TagMatch.All ? "all" : null)), cursor.Position.ToString());
                    sent = time.Now();
                }
            }

            var news = evicted?.Next();
            foreach (var item in ItemsOf(news, filter))
            {
                yield return item;
            }

            if (events.Count == 0 && news is null)
            {
                await More(cursor, evicted, sent + BeatPeriod - time.Now(), over);
            }

            // However much there is of which the reader is told nothing, it hears of its position.
            if (time.Now() >= sent + BeatPeriod)
            {
                if (invalidator.PositionOf(cursor) is { } end)
                {
                    cursor.Stands(end);
                }

                yield return StreamItem.Beat(cursor.Position.ToString());
                sent = time.Now();
            }
        }
    }

    /// <summary>Waits for the next event, for no longer than a stream may be quiet.</summary>
    private async Task More(EventCursor cursor, EvictionFeed.Reader? evicted, TimeSpan quiet, CancellationToken over)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(over);
        try
        {
            // Both last for longer than this wait, and must not remember it.
            var updates = invalidator.Events.After(cursor).WaitAsync(waiting.Token);
            var evictions = evicted?.More().WaitAsync(waiting.Token) ?? updates;
            await Task.WhenAny(updates, evictions, Task.Delay(quiet > TimeSpan.Zero ? quiet : TimeSpan.Zero, time, waiting.Token));
            over.ThrowIfCancellationRequested();
        }
        finally
        {
            await waiting.CancelAsync();
        }
    }

    /// <summary>Evictions bear no position: who comes back has that of the last update.</summary>
    private static IEnumerable<StreamItem> ItemsOf(EvictionNews? news, EventFilter filter) => news switch
    {
        null => [],
        { Gap: { } reason } => [StreamItem.Of("gap", JsonAnswer.Part(new EventGap(news.At, reason, Evicted)))],
        _ => filter.Names(news).Chunk(NameLimits.TagsPerCall).Select(tags => StreamItem.Of(Evicted, JsonAnswer.Part(new TagsEvicted(news.At, tags, news.Silo!)))),
    };

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
        return Array.TrueForAll(types, static type => type is Updated or Revalidated or Evicted)
            ? types
            : throw new ArgumentException($"'types' must be '{Updated}', '{Revalidated}', '{Evicted}' or several of them, with commas between them.");
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

    /// <summary>Whether it is told of evictions.</summary>
    public bool TakesEvictions { get; } = types.Contains("evict");

    /// <summary>Those of the evicted tags that are of its namespace, and of its tags if it has any: each was evicted for itself.</summary>
    public IEnumerable<string> Names(EvictionNews news) =>
        news.Tags.Where(tag => tag.Namespace == space && (_tags.Count == 0 || _tags.Contains(tag.Name))).Select(tag => tag.Name);

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
