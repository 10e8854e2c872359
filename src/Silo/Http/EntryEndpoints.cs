using System.Globalization;
using OrleansTagCache.Cluster;
using OrleansTagCache.Contracts;
using OrleansTagCache.Hosting;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Silo.Http;

/// <summary><c>/v1/entry</c>: reading, storing, removing and describing entries.</summary>
internal sealed class EntryEndpoints(ClusterCalls calls, EntryTokens tokens, TagCacheClientOptions options, CacheLifeProfiles profiles, TimeProvider time)
{
    private const string TokenHeader = "Tag-Cache-Token";
    private const string StatusHeader = "Cache-Status";
    private const string CacheName = "OrleansTagCache";
    private const int MaximumContentTypeLength = 256;

    /// <summary>One question to the entry; a long wait is several of them.</summary>
    private static readonly TimeSpan LongestQuestion = TimeSpan.FromSeconds(4);

    private readonly CacheNamespace _namespace = CacheNamespace.Parse(options.Namespace);

    public async Task<IResult> Get(HttpContext http, string? key, double? wait)
    {
        var scoped = Scope(key);
        if (wait is < 0 or > 30 or double.NaN)
        {
            return Problems.InvalidArgument($"'wait' must be from 0 to 30 seconds; it is {wait.Value.ToString(CultureInfo.InvariantCulture)}.");
        }

        var answer = await Acquire(scoped, TimeSpan.FromSeconds(wait ?? 10), http.RequestAborted);
        if (answer is { Token.IsNone: false })
        {
            http.Response.Headers[TokenHeader] = await tokens.Protect(scoped, answer.Token);
        }

        if (answer is { Status: AcquireStatus.Fresh or AcquireStatus.Stale, Entry: { } entry })
        {
            return Hit(http, entry, answer.Status == AcquireStatus.Stale);
        }

        http.Response.Headers[StatusHeader] = answer?.Status switch
        {
            AcquireStatus.Miss => $"{CacheName}; fwd=miss",
            AcquireStatus.Busy => $"{CacheName}; fwd=miss; detail=busy",
            _ => $"{CacheName}; fwd=bypass; detail=not-serving",
        };
        return Problems.NotFound("There is no such entry.");
    }

    public async Task<IResult> Put(HttpContext http, string? key)
    {
        var scoped = Scope(key);
        var tags = TagSet.ForEntry([.. http.Request.Query["tag"].Select(tag => tag ?? string.Empty)], "tag");
        var life = LifeQuery.Parse(http.Request.Query, profiles);
        if (ContentTypeFault(http.Request.ContentType) is { } fault)
        {
            return Problems.InvalidArgument(fault);
        }

        if (await BodyReader.TryRead(http.Request, options.MaximumPayloadBytes) is not { } body)
        {
            return Problems.PayloadTooLarge(options.MaximumPayloadBytes);
        }

        var entry = new EntryData(new(body, http.Request.ContentType), tags, CopiedTags: null, life);
        if (!http.Request.Headers.TryGetValue(TokenHeader, out var token))
        {
            var set = await calls.Set(scoped, entry, options.UpdateTimeout, http.RequestAborted);
            return set.Status == CommitStatus.Refused ? Problems.InvalidArgument(set.Fault!) : Results.NoContent();
        }

        var id = await tokens.Verify(scoped, token.ToString());
        var outcome = id.IsNone ? CommitOutcome.UnknownToken : await calls.TryCommit(scoped, id, entry);
        return outcome?.Status switch
        {
            CommitStatus.Stored => Results.NoContent(),
            CommitStatus.Superseded => Problems.Superseded(),
            CommitStatus.UnknownToken => Problems.UnknownToken(),
            CommitStatus.Refused => Problems.InvalidArgument(outcome.Fault!),
            _ => Problems.Unavailable("The silo that hosts the entry does not serve just now. Nothing was stored."),
        };
    }

    public async Task<IResult> Delete(HttpContext http, string? key)
    {
        await calls.Remove(Scope(key), options.UpdateTimeout, http.RequestAborted);
        return Results.NoContent();
    }

    public async Task<IResult> Abandon(HttpContext http, string? key)
    {
        var scoped = Scope(key);
        var id = await tokens.Verify(scoped, http.Request.Headers[TokenHeader].ToString());
        if (id.IsNone || !await calls.TryAbandon(scoped, id))
        {
            return Problems.UnknownToken();
        }

        return Results.NoContent();
    }

    public async Task<IResult> Info(string? key) => await calls.Describe(Scope(key)) is { } entry
        ? Results.Ok(EntryInfo.Of(key!, entry))
        : Problems.NotFound("There is no such entry.");

    private string Scope(string? key) => _namespace.Scope(CacheKey.Parse(key, options.MaximumKeyLength).Value);

    private async Task<Acquired?> Acquire(string scoped, TimeSpan wait, CancellationToken cancellationToken)
    {
        var until = time.Now() + wait;
        while (true)
        {
            var left = until - time.Now();
            var question = new AcquireRequest(MayGenerate: true, FreshOnly: false, left < LongestQuestion ? left : LongestQuestion);
            var answer = await calls.TryAcquire(scoped, question, options.ReadTimeout, cancellationToken);
            if (answer?.Status != AcquireStatus.Busy || time.Now() >= until)
            {
                return answer;
            }
        }
    }

    private static IResult Hit(HttpContext http, EntrySnapshot entry, bool isStale)
    {
        var left = entry.Life.Revalidate == CacheLife.Forever ? int.MaxValue : Math.Floor((entry.Life.Revalidate - entry.Age).TotalSeconds);
        var ttl = (long)(isStale ? Math.Min(left, -1) : left);
        var headers = http.Response.Headers;
        headers[StatusHeader] = string.Create(CultureInfo.InvariantCulture, $"{CacheName}; hit; ttl={ttl}{(entry.PromiseSuspended ? "; detail=promise-suspended" : string.Empty)}");
        headers.Age = ((long)entry.Age.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        headers.XContentTypeOptions = "nosniff";
        return Results.Bytes(entry.Payload.Bytes, entry.Payload.ContentType ?? "application/octet-stream");
    }

    private static string? ContentTypeFault(string? contentType) =>
        contentType is null ? null
        : contentType.Length > MaximumContentTypeLength ? $"A Content-Type may have at most {MaximumContentTypeLength} units; this one has {contentType.Length}."
        : contentType.Any(c => c is < ' ' or > '~') ? "A Content-Type must be printable ASCII."
        : null;
}

/// <summary>What <c>/v1/entry/info</c> answers. Durations are seconds; null is forever.</summary>
internal sealed record EntryInfo(
    string Key, string[] Tags, LifeInfo Life, double Age, string State, int Size, string? ContentType, string Silo)
{
    public static EntryInfo Of(string key, EntryDescription entry) => new(
        key,
        entry.Snapshot.Tags,
        LifeInfo.Of(entry.Snapshot.Life),
        Math.Round(entry.Snapshot.Age.TotalSeconds, 3),
        entry.IsStale ? "stale" : "fresh",
        entry.Bytes,
        entry.Snapshot.Payload.ContentType,
        entry.Silo);
}

/// <summary>A life in seconds; null is forever.</summary>
internal sealed record LifeInfo(double? Stale, double? Revalidate, double? Expire)
{
    public static LifeInfo Of(CacheLife life) => new(Seconds(life.Stale), Seconds(life.Revalidate), Seconds(life.Expire));

    private static double? Seconds(TimeSpan duration) => duration == CacheLife.Forever ? null : duration.TotalSeconds;
}
