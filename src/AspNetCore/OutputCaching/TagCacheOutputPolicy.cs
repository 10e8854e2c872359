using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.OutputCaching;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Paths;

namespace OrleansTagCache.OutputCaching;

/// <summary>
/// Notes when a request began, before anything of its response was made, and puts the tags of its path on what is stored. It makes nothing cacheable, and keeps what
/// must not be stored from being so.
/// </summary>
internal sealed class TagCacheOutputPolicy(TimeProvider time) : IOutputCachePolicy
{
    /// <remarks>Not asynchronous: the context that it enters stays entered in the middleware's flow, and so at the endpoint, and is left with it.</remarks>
    public ValueTask CacheRequestAsync(OutputCacheContext context, CancellationToken cancellation)
    {
        OutputRequest.Begin(context, time.Now());
        return default;
    }

    public ValueTask ServeFromCacheAsync(OutputCacheContext context, CancellationToken cancellation) => default;

    public ValueTask ServeResponseAsync(OutputCacheContext context, CancellationToken cancellation)
    {
        if (OutputRequest.Of(context.HttpContext) is { } request)
        {
            context.Tags.UnionWith(PathTags.Of(context.HttpContext, request.Path));
            context.AllowCacheStorage &= MayBeStored(context, request);
        }

        return default;
    }

    private static bool MayBeStored(OutputCacheContext context, OutputRequest request)
    {
        var http = context.HttpContext;
        return !request.IsCutShort(http)
            && !OutputRequest.IsUnmarked(context)
            && (request.WasLookedUp || CacheKeyParts.AreSound(context))
            && http.Features.Get<IHttpResponseTrailersFeature>() is not { Trailers.Count: > 0 };
    }
}
