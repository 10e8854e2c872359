using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Http.Audit;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Limits;
using OrleansTagCache.Http.Messages;
using OrleansTagCache.Http.Tokens;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Membership;
using OrleansTagCache.Names;
using OrleansTagCache.Near;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Http.Endpoints;

/// <summary><c>/v1/entry</c>: reading, removing and describing entries.</summary>
internal sealed class EntryEndpoints(
    EntryReader reader, EntryClient entries, UpdateClient updates, NearCache near, HotKeys hot, PeerVersions versions, AuditLog audit, SealedTokens tokens, SealedMoments moments, RequestLimits limits, TagCacheClientOptions options, TimeProvider time)
{
    private const string StatusHeader = "Cache-Status";
    private const string AgeHeader = "Tag-Cache-Age";
    private const string CacheName = "OrleansTagCache";

    /// <summary>The namespace whose entries this process keeps near; those of others are asked for.</summary>
    private readonly CacheNamespace _nearNamespace = CacheNamespace.Parse(options.Namespace);

    public void Map(IEndpointRouteBuilder v1, EntryPut put)
    {
        var entry = v1.MapGroup("/entry");
        entry.MapRead(string.Empty, Get).Needs(Scopes.Read).WithSummary("Read an entry, or get the token to make it")
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream").ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status406NotAcceptable);
        put.Map(entry);
        entry.MapDelete(string.Empty, Delete).Needs(Scopes.Write).WithSummary("Remove an entry").Produces(StatusCodes.Status204NoContent);
        entry.MapPost("/abandon", Abandon).Needs(Scopes.Write).WithSummary("Give a token back: the next waiter gets one")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status409Conflict);
        entry.MapRead("/info", Info).Needs(Scopes.Read).WithSummary("Tags, life, age, state, size and host of an entry")
            .Produces<EntryInfo>().ProducesProblem(StatusCodes.Status404NotFound);
    }

    // Parameters are declared for the OpenAPI document and read through Query, which says what is wrong with them.
    public async Task<IResult> Get(HttpContext http, string? key, string? wait, string? lease, [FromQuery] string[]? soft)
    {
        // Before anything else: what the caller makes after the answer was made after it.
        var caller = http.Caller();
        http.Response.Headers[SealedMoments.Header] = moments.Now(caller.Namespace);
        var name = KeyOf(http);
        var seconds = Query.Seconds(http.Request, nameof(wait), most: 30, otherwise: 10);
        var holds = Query.Count(http.Request, nameof(lease), most: int.MaxValue, otherwise: 0);
        var softTags = TagSet.ForEntry(Query.All(http.Request, nameof(soft)), nameof(soft)) is { Length: > 0 } named ? named : null;

        // What is kept near was read without soft tags: it may be older than an update of one of them.
        if (softTags is null && caller.Namespace == _nearNamespace && near.Find(name, freshOnly: true) is { IsQuiet: true, Entry: { Payload: { Coding: PayloadCoding.None } payload } kept } hit)
        {
            reader.FoundNear(hit, outer: null);
            if (hot.IsNearReadSampled())
            {
                hot.Sample(caller.Namespace.Scope(name));
            }

            return Hit(http, new(payload, kept.Tags, kept.Life, kept.AgeAt(hit.At)), isStale: false);
        }

        var scoped = caller.Namespace.Scope(name);
        var answer = await Acquire(caller, name, TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(holds), softTags, HttpMethods.IsHead(http.Request.Method), http.RequestAborted);
        if (answer is { Entry.Payload.Coding: not PayloadCoding.None })
        {
            if (!answer.Token.IsNone)
            {
                await entries.TryAbandon(scoped, answer.Token);
            }

            return Problems.Encrypted();
        }

        if (answer is { Token.IsNone: false })
        {
            http.Response.Headers[SealedTokens.Header] = await tokens.Protect(scoped, answer.Token);
            http.Response.OnCompleted(() => GiveBackUnread(http, scoped, answer.Token));
        }

        if (answer is { Status: AcquireStatus.Fresh or AcquireStatus.Stale, Entry: { } entry })
        {
            return Hit(http, entry, answer.Status == AcquireStatus.Stale);
        }

        http.Response.Headers[StatusHeader] = answer?.Status switch
        {
            AcquireStatus.Miss => $"{CacheName}; fwd=miss",
            AcquireStatus.Busy or AcquireStatus.NotForStoring => $"{CacheName}; fwd=miss; detail=busy",
            _ => $"{CacheName}; fwd=bypass; detail=not-serving",
        };
        return Problems.NotFound("There is no such entry.");
    }

    public async Task<IResult> Delete(HttpContext http, string? key)
    {
        if (PutHeaders.RefusalOfConditions(http.Request.Headers) is { } refusal)
        {
            return refusal;
        }

        var name = KeyOf(http);
        var caller = http.Caller();
        await audit.Write(http, caller.KeyId, "remove", [name], async () =>
        {
            await updates.Remove(caller.Namespace.Scope(name), options.UpdateTimeout, http.RequestAborted);
            return true;
        });
        return Results.NoContent();
    }

    public async Task<IResult> Abandon(HttpContext http, string? key, [FromHeader(Name = SealedTokens.Header)] string? token)
    {
        var scoped = Scope(http);
        var id = await tokens.Verify(scoped, token ?? string.Empty);
        if (id.IsNone || !await entries.TryAbandon(scoped, id))
        {
            return Problems.UnknownToken();
        }

        return Results.NoContent();
    }

    public async Task<IResult> Info(HttpContext http, string? key) => await entries.Describe(Scope(http)) is { } entry
        ? JsonAnswer.Ok(EntryInfo.Of(key!, entry))
        : Problems.NotFound("There is no such entry.");

    /// <summary>A caller that has gone before it was answered generates nothing: others need not wait for its token's lease to end.</summary>
    private Task GiveBackUnread(HttpContext http, string scoped, TokenId token) =>
        http.RequestAborted.IsCancellationRequested ? entries.TryAbandon(scoped, token) : Task.CompletedTask;

    private string Scope(HttpContext http) => http.Caller().Namespace.Scope(KeyOf(http));

    private string KeyOf(HttpContext http) => Query.Key(http.Request, options.MaximumKeyLength);

    private async Task<Acquired?> Acquire(ApiCaller caller, string key, TimeSpan wait, TimeSpan lease, string[]? softTags, bool onlyLooks, CancellationToken cancellationToken)
    {
        if (softTags is not null && versions.Spoken < ProtocolVersion.Remembering)
        {
            // The entry's silo may be one that does not look at them.
            return null;
        }

        var isWaiting = false;
        var terms = new ReadTerms(MayGenerate: caller.May(Scopes.Write) && !onlyLooks, FreshOnly: false, MayKeep: caller.Namespace == _nearNamespace && softTags is null)
        {
            SoftTags = softTags,

            // A caller that may not store, or only looks, is given no token: it would keep those waiting that make something.
            WaitUntil = wait > TimeSpan.Zero ? time.Now() + wait : Moment.Past,
            IsWorthWaiting = MayWait,
            Lease = lease,
        };
        try
        {
            return (await reader.Read(key, caller.Namespace.Scope(key), terms, cancellationToken).AsTask().ConfigureAwait(ConfigureAwaitOptions.ForceYielding)).Answer;
        }
        finally
        {
            if (isWaiting)
            {
                limits.WaitingReads.GiveBack(1);
            }
        }

        bool MayWait()
        {
            isWaiting = isWaiting || limits.WaitingReads.TryTake(1);
            return isWaiting ? true : throw new OverloadedException("The limit of waiting reads is reached (TagCache:Limits:WaitingReads).");
        }
    }

    /// <summary>Milliseconds with up to three decimals, never less than it is.</summary>
    internal static string Milliseconds(TimeSpan age)
    {
        var (whole, rest) = Math.DivRem(age.Ticks, TimeSpan.TicksPerMicrosecond);
        return ((whole + (rest > 0 ? 1 : 0)) / 1_000m).ToString("0.###", CultureInfo.InvariantCulture);
    }

    private static PiecesAnswer Hit(HttpContext http, EntrySnapshot entry, bool isStale)
    {
        var left = entry.Life.Revalidate == CacheLife.Forever ? int.MaxValue : Math.Floor((entry.Life.Revalidate - entry.Age).TotalSeconds);
        var ttl = (long)(isStale ? Math.Min(left, -1) : left);
        var headers = http.Response.Headers;
        headers[StatusHeader] = string.Create(CultureInfo.InvariantCulture, $"{CacheName}; hit; ttl={ttl}{(entry.PromiseSuspended ? "; detail=promise-suspended" : string.Empty)}");
        headers.Age = ((long)entry.Age.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        headers[AgeHeader] = Milliseconds(entry.Age);
        headers.XContentTypeOptions = "nosniff";

        // A browser that is led here must not run what a value holds: it would run beside the operators' page, and as a program on this machine.
        headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        return PiecesAnswer.Of(entry.Payload.Bytes, entry.Payload.ContentType ?? "application/octet-stream");
    }
}
