using Microsoft.Extensions.Configuration;
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
    /// <summary>
    /// The options of the process. The section <c>TagCache</c> comes first, whatever was registered before, and code after it, in the order of its calls; both are for
    /// every cache of the process.
    /// </summary>
    /// <typeparam name="TOptions">A client's options, or a silo's.</typeparam>
    /// <typeparam name="TValidator">Says what is wrong with them.</typeparam>
    public static void AddTagCacheOptions<TOptions, TValidator>(this IServiceCollection services, IConfiguration configuration)
        where TOptions : TagCacheClientOptions
        where TValidator : class, IValidateOptions<TOptions>
    {
        var section = configuration.GetSection(TagCacheClientOptions.Section);
        services.AddOptions<TOptions>().ValidateOnStart();
        services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<TOptions>>(new ConfigureNamedOptions<TOptions>(name: null, options => section.Bind(options))));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TOptions>, TValidator>());
        services.TryAddSingleton(provider => provider.GetRequiredService<IOptions<TOptions>>().Value);
        services.TryAddSingleton<TagCacheClientOptions>(provider => provider.GetRequiredService<TOptions>());
    }

    public static IServiceCollection AddTagCacheCore(this IServiceCollection services)
    {
        services.RemoveCacheRequired();
        services.AddMetrics();
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
        services.TryAddSingleton<UncacheableKeys>();
        services.TryAddSingleton<FailedRefreshes>();
        services.TryAddSingleton<Commits>();
        services.TryAddSingleton<FactoryRuns>();
        services.TryAddSingleton<EntryReader>();
        services.TryAddSingleton<FlightReader>();
        services.TryAddSingleton<OpenEntries>();
        services.TryAddSingleton<TagCache>();
        services.TryAddSingleton<ITagCache>(provider => provider.GetRequiredService<TagCache>());
        return services;
    }
}
