using System.Collections.Frozen;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansTagCache.Adapters;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Flights;
using OrleansTagCache.Holds;
using OrleansTagCache.Listeners;
using OrleansTagCache.Loaders;
using OrleansTagCache.Many;
using OrleansTagCache.Near;
using OrleansTagCache.Serialization;
using OrleansTagCache.Transport;
using OrleansTagCache.WarmUps;

namespace OrleansTagCache.Hosting;

/// <summary>What a client and a silo register alike: the cache of the process.</summary>
internal static class TagCacheServices
{
    /// <summary>What each namespace of a process has one of; everything else is shared by its caches.</summary>
    public static readonly FrozenSet<Type> PerNamespace =
    [
        typeof(PayloadCodec), typeof(NearCache), typeof(EntryMaker), typeof(LoaderTable), typeof(UncacheableKeys), typeof(FailedRefreshes), typeof(Commits), typeof(FactoryRuns), typeof(EntryReader),
        typeof(SingleFlight), typeof(OpenEntries), typeof(EntryLookup), typeof(ManyEntries), typeof(TagCache),
    ];

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
        services.AddSingleton<NamespaceOptions<TOptions>>();
        services.AddSingleton<INamespaceOptions>(provider => provider.GetRequiredService<NamespaceOptions<TOptions>>());
        services.AddSingleton<IPostConfigureOptions<TOptions>>(provider => provider.GetRequiredService<NamespaceOptions<TOptions>>());
        services.AddSingleton<IValidateOptions<TOptions>>(provider => provider.GetRequiredService<NamespaceOptions<TOptions>>());
        services.TryAddSingleton(provider => provider.GetRequiredService<IOptions<TOptions>>().Value);
        services.TryAddSingleton<TagCacheClientOptions>(provider => provider.GetRequiredService<TOptions>());
    }

    public static IServiceCollection AddTagCacheCore(this IServiceCollection services)
    {
        services.RemoveCacheRequired();
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ClientMetrics>();
        services.TryAddSingleton<CacheListeners>();
        services.TryAddSingleton<LogOnce>();
        services.TryAddSingleton<PayloadSerializer>();
        services.TryAddSingleton<IEntryGrains, EntryGrains>();
        services.TryAddSingleton(ProtocolVersions.OfThisBuild);
        services.TryAddSingleton<ProtocolCheck>();
        services.TryAddSingleton<SiloEndpoints>();
        services.TryAddSingleton<Reachability>();
        services.TryAddSingleton<EntryClient>();
        services.TryAddSingleton<UpdateClient>();
        services.TryAddSingleton<TagKeys>();
        services.TryAddSingleton<HoldClient>();
        services.TryAddSingleton<HoldKeeper>();
        services.TryAddSingleton<RemoteLoads>();
        services.TryAddSingleton<ProcessCaches>();
        services.TryAddSingleton(provider => ActivatorUtilities.CreateInstance<LoaderRunner>(provider, [provider.GetRequiredService<ProcessCaches>().Each<LoaderTable>()]));
        services.TryAddSingleton<WarmUpRunner>();
        services.TryAddSingleton<BackgroundRefreshes>();

        // The first of these, so that it is the last to stop: the others' last events are heard.
        services.AddHostedService(provider => provider.GetRequiredService<CacheListeners>());
        services.AddHostedService(provider => provider.GetRequiredService<LoaderRunner>());
        services.AddHostedService(provider => provider.GetRequiredService<WarmUpRunner>());
        services.AddHostedService(provider => provider.GetRequiredService<BackgroundRefreshes>());
        foreach (var type in PerNamespace)
        {
            services.TryAddSingleton(type);
        }

        services.TryAddSingleton<ITagCache>(provider => provider.GetRequiredService<TagCache>());
        return services;
    }
}
