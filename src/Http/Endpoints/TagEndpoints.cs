using OrleansTagCache.Contracts;
using OrleansTagCache.Http.Audit;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Limits;
using OrleansTagCache.Http.Messages;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Http.Endpoints;

/// <summary>The body of <c>/v1/tags/update</c>; what matches is <c>any</c>, as without a word, or <c>all</c>; readers that name the tags as soft ones see it if it is remembered.</summary>
internal sealed record UpdateBody(string[]? Tags, string? Match, bool? Remember);

/// <summary>The body of <c>/v1/tags/revalidate</c>: a profile, or seconds, or neither for the immediate form; remembered as in <see cref="UpdateBody"/>.</summary>
internal sealed record RevalidateBody(string[]? Tags, string? Profile, double? Expire, bool? Remember);

/// <summary>What updates and revalidations answer.</summary>
internal sealed record UpdateAnswer(int Tags, int Members, double ElapsedMs);

/// <summary>What <c>/v1/tag</c> answers. Durations are seconds ago; null is not remembered.</summary>
internal sealed record TagInfo(
    string Tag, long Dependents, TagSiloInfo[] Silos, double? LastUpdate, double? LastRevalidation, TagRefreshInfo? PendingRefresh, int UnreachableSilos);

/// <summary>One silo's share of a tag's dependents.</summary>
internal sealed record TagSiloInfo(string Silo, long Dependents);

/// <summary>How far the refresh of a tag's dependents is that a loader can make. The durations are seconds.</summary>
internal sealed record TagRefreshInfo(int Total, int Done, int Left, int Failed, int Pass, double Started)
{
    public static TagRefreshInfo? Of(RefreshProgress? progress) => progress is null
        ? null
        : new(
            progress.Total,
            progress.Refreshed + progress.Skipped,
            progress.Left,
            progress.Failed,
            progress.Pass,
            Math.Round(progress.Elapsed.TotalSeconds, 3));
}

/// <summary>A page of a tag's dependents; <paramref name="Next"/> is the <c>after</c> of the next page, null on the last one. Those on silos that did not answer are missing.</summary>
internal sealed record TagEntriesPage(string Tag, string[] Entries, string? Next, int UnreachableSilos);

/// <summary><c>/v1/tags</c> and <c>/v1/tag</c>: updating, revalidating and looking at tags.</summary>
internal sealed class TagEndpoints(UpdateClient calls, AuditLog audit, RequestLimits limits, TagCacheClientOptions options, CacheLifeProfiles profiles, TimeProvider time)
{
    private const int MaximumPage = 1_000;

    public void Map(IEndpointRouteBuilder v1)
    {
        v1.MapPost("/tags/update", (Delegate)Update).Needs(Scopes.Invalidate).WithSummary("Expire every dependent now, in every process")
            .Accepts<UpdateBody>("application/json", "*/*").Produces<UpdateAnswer>().ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        v1.MapPost("/tags/revalidate", (Delegate)Revalidate).Needs(Scopes.Invalidate).WithSummary("Mark every dependent stale")
            .Accepts<RevalidateBody>("application/json", "*/*").Produces<UpdateAnswer>().ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        v1.MapRead("/tag", Describe).Needs(Scopes.Read).WithSummary("Dependents of a tag, and its last changes").Produces<TagInfo>();
        v1.MapRead("/tag/entries", Entries).Needs(Scopes.Read).WithSummary("A page of a tag's dependents").Produces<TagEntriesPage>();
    }

    public async Task<IResult> Update(HttpContext http)
    {
        var (body, problem) = await BodyReader.ReadJson<UpdateBody>(http.Request, limits.BodyBytes, NamedTags.MostBytes);
        return problem ?? body!.Match switch
        {
            null or "any" => await Change(http, body.Tags, ids => new(ids, StaleFor: null, Remember: body.Remember == true)),
            "all" when body.Remember == true => Problems.InvalidArgument(UpdateRequest.AllIsNotRemembered),

            // Each is remembered with all its tags, and each value is asked for all of them.
            "all" => await Change(http, body.Tags, static ids => UpdateRequest.OfAll(ids), NameLimits.TagsPerCall),
            _ => Problems.InvalidArgument($"'match' is 'any' or 'all', and not '{body.Match}'."),
        };
    }

    public async Task<IResult> Revalidate(HttpContext http)
    {
        var (body, problem) = await BodyReader.ReadJson<RevalidateBody>(http.Request, limits.BodyBytes, NamedTags.MostBytes);
        if (problem is not null)
        {
            return problem;
        }

        if (body is { Profile: not null, Expire: not null })
        {
            return Problems.InvalidArgument("Give either 'profile' or 'expire'; this call gives both.");
        }

        TimeSpan? staleFor = body switch
        {
            { Profile: { } profile } => profiles.Named(profile, "profile").Expire,
            { Expire: { } seconds } => LifeQuery.FromSeconds(seconds, "expire"),
            _ => null,
        };
        return await Change(http, body!.Tags, ids => new(ids, staleFor == TimeSpan.Zero ? null : staleFor, Remember: body!.Remember == true));
    }

    public async Task<IResult> Describe(HttpRequest request, string? tag)
    {
        var description = await calls.Tag(TagOf(request)).Describe();
        return JsonAnswer.Ok(new TagInfo(
            tag!,
            description.Silos.Sum(silo => silo.Dependents),
            [.. description.Silos.Where(silo => silo.Dependents > 0).Select(silo => new TagSiloInfo(silo.Silo, silo.Dependents))],
            Latest(description.Silos.Select(silo => silo.SinceUpdate)),
            Latest(description.Silos.Select(silo => silo.SinceRevalidation)),
            TagRefreshInfo.Of(description.Refresh),
            description.Unreachable));
    }

    public async Task<IResult> Entries(HttpRequest request, string? tag, string? limit, string? after)
    {
        var most = Query.Count(request, nameof(limit), MaximumPage, otherwise: 100);
        var page = await calls.Tag(TagOf(request)).Dependents(most, Query.One(request, nameof(after)) is { } last ? CacheKey.Parse(last, parameterName: nameof(after)).Value : null);
        return JsonAnswer.Ok(new TagEntriesPage(tag!, page.Keys, page.More ? page.Keys[^1] : null, page.Missing?.Length ?? 0));
    }

    private static double? Latest(IEnumerable<TimeSpan?> ago) => ago.Min() is { } latest ? Math.Round(latest.TotalSeconds, 3) : null;

    private static TagId TagOf(HttpRequest request) => TagId.OfTag(request.HttpContext.Caller().Namespace, TagName.Parse(Query.One(request, "tag")).Value);

    private async Task<IResult> Change(HttpContext http, string[]? tags, Func<TagId[], UpdateRequest> request, int most = NamedTags.MostOfAny)
    {
        var ids = NamedTags.Of(http, tags, most);
        var begun = time.Now();
        var made = request(ids);
        var outcome = await audit.Write(
            http,
            http.Caller().KeyId,
            made.StaleFor is null ? "update" : "revalidate",
            Array.ConvertAll(ids, static tag => tag.Name),
            async () => await calls.Update(made, options.UpdateTimeout, http.RequestAborted));
        return JsonAnswer.Ok(new UpdateAnswer(ids.Length, outcome.Members, Math.Round((time.Now() - begun).TotalMilliseconds, 3)));
    }
}
