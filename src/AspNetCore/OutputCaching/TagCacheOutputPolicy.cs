using Microsoft.AspNetCore.OutputCaching;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Paths;

namespace OrleansTagCache.OutputCaching;

/// <summary>Notes when a request began, before anything of its response was made, and puts the tags of its path on what is stored. It makes nothing cacheable.</summary>
internal sealed class TagCacheOutputPolicy(TimeProvider time) : IOutputCachePolicy
{
    public ValueTask CacheRequestAsync(OutputCacheContext context, CancellationToken cancellation)
    {
        context.HttpContext.Features.Set(new OutputRequest(time.Now()));
        return default;
    }

    public ValueTask ServeFromCacheAsync(OutputCacheContext context, CancellationToken cancellation) => default;

    public ValueTask ServeResponseAsync(OutputCacheContext context, CancellationToken cancellation)
    {
        context.Tags.UnionWith(PathTags.Of(context.HttpContext));
        return default;
    }
}
