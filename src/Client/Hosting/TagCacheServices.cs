using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansTagCache.Adapters;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Flights;
using OrleansTagCache.Loaders;
using OrleansTagCache.Near;
using OrleansTagCache.Serialization;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Hosting;

/// <summary>What a client and a silo register alike: the cache of the process.</summary>
internal static class TagCacheServices
{
    public static IServiceCollection AddTagCacheCore(this IServiceCollection services)
    {
        services.RemoveCacheRequired();
        services.AddMetrics();
        services.AddOptions<TagCacheClientOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TagCacheClientOptions>, TagCacheClientOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ClientMetrics>();
        services.TryAddSingleton<LogOnce>();
        services.TryAddSingleton<PayloadSerializer>();
        services.TryAddSingleton<IEntryGrains, EntryGrains>();
        services.TryAddSingleton<SiloEndpoints>();
        services.TryAddSingleton<Reachability>();
        services.TryAddSingleton<EntryClient>();
        services.TryAddSingleton<UpdateClient>();
        services.TryAddSingleton<RemoteLoads>();
        services.TryAddSingleton<NearCache>();
        services.TryAddSingleton<EntryMaker>();
        services.TryAddSingleton<LoaderTable>();
        services.TryAddSingleton<LoaderRunner>();
        services.TryAddSingleton<BackgroundRefreshes>();
        services.AddHostedService(provider => provider.GetRequiredService<LoaderRunner>());
        services.AddHostedService(provider => provider.GetRequiredService<BackgroundRefreshes>());
        services.TryAddSingleton(provider => provider.GetRequiredService<IOptions<TagCacheClientOptions>>().Value);
        services.TryAddSingleton<UncacheableKeys>();
        services.TryAddSingleton<FailedRefreshes>();
        services.TryAddSingleton<Commits>();
        services.TryAddSingleton<FactoryRuns>();
        services.TryAddSingleton<EntryReader>();
        services.TryAddSingleton<OpenEntries>();
        services.TryAddSingleton<TagCache>();
        services.TryAddSingleton<ITagCache>(provider => provider.GetRequiredService<TagCache>());
        return services;
    }
}
