using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace OrleansTagCache.Hosting;

/// <summary>Says what is missing where something over the cache was registered, and the cache was not.</summary>
internal static class CacheRequired
{
    public const string Text =
        "OrleansTagCache is registered in part: this application has no cache. Call AddTagCacheClient on its Orleans client, builder.UseOrleansClient(client => client.AddTagCacheClient()), "
        + "or AddTagCache on the silo that hosts it, builder.UseOrleans(silo => silo.AddTagCache()).";

    private static readonly Func<IServiceProvider, ITagCache> Missing = static _ => throw new InvalidOperationException(Text);

    /// <summary>A service that asks for the cache gets an error that says so, until one is registered, before or after.</summary>
    public static IServiceCollection AddCacheRequired(this IServiceCollection services)
    {
        services.TryAddSingleton(Missing);
        return services;
    }

    /// <summary>As <see cref="AddCacheRequired"/>; and the application does not start without a cache, since no service would ask for it.</summary>
    public static IServiceCollection AddCacheRequiredAtStart(this IServiceCollection services)
    {
        if (!services.Any(service => service.ServiceType == typeof(IValidateOptions<Check>)))
        {
            services.AddCacheRequired().AddOptions<Check>()
                .Validate<IServiceProvider>((_, provider) => provider.GetService<TagCache>() is not null, Text)
                .ValidateOnStart();
        }

        return services;
    }

    /// <summary>A cache is there.</summary>
    public static void RemoveCacheRequired(this IServiceCollection services)
    {
        if (services.FirstOrDefault(service => service.ServiceType == typeof(ITagCache) && ReferenceEquals(service.ImplementationFactory, Missing)) is { } missing)
        {
            services.Remove(missing);
        }
    }

    /// <summary>Makes something over the cache.</summary>
    /// <exception cref="InvalidOperationException">There is no cache.</exception>
    public static T CreateOverCache<T>(this IServiceProvider provider, params object[] arguments) =>
        provider.GetService<TagCache>() is null ? throw new InvalidOperationException(Text) : ActivatorUtilities.CreateInstance<T>(provider, arguments);

    private sealed class Check;
}
