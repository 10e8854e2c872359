using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Messages;
using OrleansTagCache.Names;
using OrleansTagCache.Views;

namespace OrleansTagCache.Http.Endpoints;

/// <summary>A page of tags; <paramref name="Next"/> is the <c>after</c> of the next page, null on the last one.</summary>
internal sealed record TagListPage(TagListItem[] Tags, string? Next, int UnreachableSilos);

/// <summary>A tag, and how many live entries bear it.</summary>
internal sealed record TagListItem(string Tag, long Dependents);

/// <summary><c>GET /v1/tags</c>: the tags that live entries of the caller's namespace bear.</summary>
internal sealed class TagListEndpoint(ClusterTags tags)
{
    private const int MaximumPage = 1_000;

    public void Map(IEndpointRouteBuilder v1) =>
        v1.MapRead("/tags", List).Needs(Scopes.Read).WithSummary("A page of the tags that entries bear").Produces<TagListPage>();

    // Parameters are declared for the OpenAPI document and read through Query, which says what is wrong with them.
    public async Task<IResult> List(HttpRequest request, string? prefix, string? limit, string? after)
    {
        var most = Query.Count(request, nameof(limit), MaximumPage, otherwise: 100);
        var begin = Query.One(request, nameof(prefix)) is { Length: > 0 } begins ? TagName.Parse(begins, nameof(prefix)).Value : string.Empty;
        var last = Query.One(request, nameof(after)) is { } named ? TagName.Parse(named, nameof(after)).Value : null;
        var page = await tags.After(request.HttpContext.Caller().Namespace, begin, most, last);
        return JsonAnswer.Ok(new TagListPage([.. page.Tags.Select(tag => new TagListItem(tag.Tag, tag.Dependents))], page.More ? page.Tags[^1].Tag : null, page.Unreachable));
    }
}
