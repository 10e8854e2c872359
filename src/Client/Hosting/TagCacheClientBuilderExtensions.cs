using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache;
using OrleansTagCache.Hosting;

namespace Orleans.Hosting;

/// <summary>Adds the cache to an Orleans client.</summary>
public static class TagCacheClientBuilderExtensions
{
    /// <summary>Registers <see cref="ITagCache"/> over the cluster that this client connects to. Calling it again only adds configuration.</summary>
    /// <param name="builder">The Orleans client.</param>
    /// <param name="configure">Changes the options; they are validated at start-up, every fault reported at once.</param>
    public static IClientBuilder AddTagCacheClient(this IClientBuilder builder, Action<TagCacheClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddTagCacheCore();
        if (configure is not null)
        {
            builder.Services.Configure(configure);
        }

        return builder;
    }
}
