using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.OpenApi;
using OrleansTagCache.Contracts;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Limits;
using OrleansTagCache.Http.Messages;
using OrleansTagCache.Http.Tokens;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Membership;
using OrleansTagCache.Names;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Http.Endpoints;

/// <summary><c>PUT /v1/entry</c>: storing a value, as a plain set or with the token of a miss.</summary>
/// <remarks>
/// Nothing of the cluster is held while a body comes: a plain set is so old as its call when it takes its token afterwards, and who uploads for longer than a token holds has
/// lost it to the next caller.
/// </remarks>
internal sealed class EntryPut(
    EntryClient entries, UpdateClient updates, SealedTokens tokens, SealedMoments moments, PeerVersions versions, RequestLimits limits, TagCacheClientOptions options, CacheLifeProfiles profiles, TimeProvider time)
{
    public void Map(IEndpointRouteBuilder entry) =>
        entry.MapPut(string.Empty, Put).Needs(Scopes.Write).WithSummary("Store an entry, with a token or as a plain set")
            .AddOpenApiOperationTransformer((operation, _, _) =>
            {
                operation.RequestBody = new OpenApiRequestBody
                {
                    Description = "The value; behind its head, if Tag-Cache-Head says how many bytes of the body that is: {\"tags\":[...],\"life\":\"hours\"}, or stale, revalidate and expire in seconds in place of life, and then no tags and no life in the query. Its Content-Type is given back with it. What else a call says of its value is refused: a Content-Encoding with 415, and other fields that begin with Content-, those of responses (such as ETag, Expires, Vary) and conditions with 400.",
                    Required = true,
                    Content = new Dictionary<string, OpenApiMediaType> { ["*/*"] = new() },
                };
                return Task.CompletedTask;
            })
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge).ProducesProblem(StatusCodes.Status415UnsupportedMediaType);

    // Parameters are declared for the OpenAPI document and read through Query, which says what is wrong with them.
    public async Task<IResult> Put(
        HttpContext http,
        string? key,
        [FromQuery] string[]? tag,
        string? life,
        string? stale,
        string? revalidate,
        string? expire,
        string? since,
        [FromHeader(Name = SealedTokens.Header)] string? token,
        [FromHeader(Name = PutHead.Header)] string? head)
    {
        // Before the body is read: what is updated while it comes is newer than what it says.
        var calledAt = time.Now();
        var scoped = http.Caller().Namespace.Scope(Query.Key(http.Request, options.MaximumKeyLength));
        return http.Request.Headers.ContainsKey(SealedTokens.Header)
            ? await Commit(http, scoped, token ?? string.Empty)
            : Query.One(http.Request, nameof(since)) is { } moment ? await SetSince(http, scoped, moment)
            : await Set(http, scoped, calledAt);
    }

    private async Task<IResult> SetSince(HttpContext http, string scoped, string moment)
    {
        if (moments.Open(http.Caller().Namespace, moment) is not { } since)
        {
            return Problems.UnknownMoment();
        }

        if (versions.Spoken < ProtocolVersion.Moments)
        {
            return Problems.Unavailable("A silo of the cluster has a version that knows no sets since a moment. Nothing was stored.");
        }

        var (entry, problem) = await Read(http);
        if (problem is not null)
        {
            return problem;
        }

        var set = await updates.Set(scoped, entry!, since.At, options.UpdateTimeout, http.RequestAborted, data => moments.Judge(scoped, data, since));
        return set.Status switch
        {
            CommitStatus.Refused => Problems.InvalidArgument(set.Fault!),
            CommitStatus.Superseded => Problems.SupersededSince(),
            _ => Results.NoContent(),
        };
    }

    private async Task<IResult> Set(HttpContext http, string scoped, Moment calledAt)
    {
        var (entry, problem) = await Read(http);
        if (problem is not null)
        {
            return problem;
        }

        var set = await updates.Set(scoped, entry!, calledAt, options.UpdateTimeout, http.RequestAborted);
        return set.Status == CommitStatus.Refused ? Problems.InvalidArgument(set.Fault!) : Results.NoContent();
    }

    /// <summary>Whatever becomes of the call, its token is used up: who waits for the value need not wait for the token's lease.</summary>
    private async Task<IResult> Commit(HttpContext http, string scoped, string token)
    {
        var id = await tokens.Verify(scoped, token);
        if (id.IsNone)
        {
            return Problems.UnknownToken();
        }

        var isOffered = false;
        try
        {
            if (http.Request.Query.ContainsKey("since"))
            {
                return Problems.InvalidArgument("A value has either a Tag-Cache-Token or 'since'; this call gives both.");
            }

            var (entry, problem) = await Read(http);
            isOffered = problem is null;
            return problem ?? AnswerTo(await entries.TryCommit(scoped, id, entry!));
        }
        finally
        {
            if (!isOffered)
            {
                await entries.TryAbandon(scoped, id);
            }
        }
    }

    private static IResult AnswerTo(CommitOutcome? outcome) => outcome?.Status switch
    {
        CommitStatus.Stored => Results.NoContent(),
        CommitStatus.Superseded => Problems.Superseded(),
        CommitStatus.UnknownToken => Problems.UnknownToken(),
        CommitStatus.Refused => Problems.InvalidArgument(outcome.Fault!),
        null => Problems.Unavailable("The silo that hosts the entry did not answer. The value may or may not have been stored; ask for the entry."),
        _ => Problems.Unavailable("The silo that hosts the entry does not serve at the moment. Nothing was stored."),
    };

    /// <summary>What the call says of the entry, its body last.</summary>
    private async Task<(EntryData? Entry, IResult? Problem)> Read(HttpContext http)
    {
        var request = http.Request;
        var headLength = PutHead.LengthOf(request);
        var (tags, life) = (TagSet.ForEntry(Query.All(request, "tag"), "tag"), LifeQuery.Parse(request, profiles));
        if (PutHeaders.RefusalOfPut(http) is { } refusal)
        {
            return (null, refusal);
        }

        if (await BodyReader.TryRead(request, options.MaximumPayloadBytes + headLength, limits.BodyBytes) is not { } body)
        {
            return (null, Problems.PayloadTooLarge(options.MaximumPayloadBytes));
        }

        if (http.Features.Get<IHttpRequestTrailersFeature>() is { Available: true } after && PutHeaders.RefusalOfTrailers(after.Trailers) is { } late)
        {
            return (null, late);
        }

        if (headLength > 0)
        {
            var (head, fault) = PutHead.Read(body, headLength);
            if (fault is not null)
            {
                return (null, fault);
            }

            ((tags, life), body) = (head!.Check(profiles), body[headLength..]);
        }

        var contentType = string.IsNullOrWhiteSpace(request.ContentType) ? null : request.ContentType;
        return (new(new(body, contentType), tags, CopiedTags: null, life), null);
    }
}
