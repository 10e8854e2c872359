using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Reminders;
using Orleans.Runtime.GrainDirectory;
using Orleans.Runtime.Hosting;
using Orleans.Storage;
using OrleansTagCache;
using OrleansTagCache.Batching;
using OrleansTagCache.Coherence;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Entries;
using OrleansTagCache.Hosting;
using OrleansTagCache.Invalidation;
using OrleansTagCache.Joining;
using OrleansTagCache.Loaders;
using OrleansTagCache.Membership;
using OrleansTagCache.Moving;
using OrleansTagCache.Near;
using OrleansTagCache.Ownership;
using OrleansTagCache.Peers;
using OrleansTagCache.Refreshing;
using OrleansTagCache.Scheduling;
using OrleansTagCache.Sessions;
using OrleansTagCache.Tags;
using OrleansTagCache.Transport;
using OrleansTagCache.Views;
using OrleansTagCache.WarmUps;

namespace Orleans.Hosting;

/// <summary>Adds the cache to a silo.</summary>
public static class TagCacheSiloBuilderExtensions
{
    private static readonly TimeSpan LongestCollectionQuantum = TimeSpan.FromSeconds(30);

    /// <summary>What a silo that stops does beside handing its entries over.</summary>
    private static readonly TimeSpan RestOfLeaving = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Makes this silo host entries and carry updates, and registers <see cref="ITagCache"/> for an application that it hosts. Options come
    /// from the section <c>TagCache</c> of the configuration if there is one, then from <paramref name="configure"/>. Calling it again only
    /// adds code, which has the last word.
    /// </summary>
    /// <param name="builder">The silo.</param>
    /// <param name="configure">Changes the options; they are validated at start-up, and all faults are reported at once.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder AddTagCache(this ISiloBuilder builder, Action<TagCacheOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (!builder.Services.Any(service => service.ServiceType == typeof(Invalidator)))
        {
            Add(builder);
        }

        if (configure is not null)
        {
            builder.Services.ConfigureAll(configure);
        }

        return builder;
    }

    private static void Add(ISiloBuilder builder)
    {
        AddOptions(builder.Services, builder.Configuration);
        AddShutdown(builder.Services);
        AddClock(builder.Services);
        AddProtocol(builder.Services);
        AddEntries(builder.Services);
        AddOwners(builder);
        AddJobs(builder);
        builder.AddGrainService<PeerService>();
        builder.AddPlacementDirector<OnNamedSilo, OnNamedSiloDirector>();
        builder.Services.AddSingleton<INearLeases, SiloNearLeases>();
        AddBatching(builder);
        AddConnections(builder.Services);
        builder.Services.AddTagCacheCore();
    }

    private static void AddOptions(IServiceCollection services, IConfiguration configuration)
    {
        ClientOptionsInSilo.AddTo(services);
        services.AddTagCacheOptions<TagCacheOptions, TagCacheOptionsValidator>(configuration);

        // This process runs its own loaders too: as many as it may have running.
        services.PostConfigureAll<TagCacheOptions>(options => options.MaximumBackgroundRefreshes = Math.Max(options.MaximumBackgroundRefreshes, options.MaximumLoads));

        // Orleans wants its looks for idle grains closer together than any grain may be idle, and a tag's may for a minute.
        services.PostConfigure<GrainCollectionOptions>(collection => collection.CollectionQuantum =
            collection.CollectionQuantum < LongestCollectionQuantum ? collection.CollectionQuantum : LongestCollectionQuantum);
    }

    /// <summary>A host that has not been told how long its services may take to stop waits for the entries to be handed over.</summary>
    private static void AddShutdown(IServiceCollection services)
    {
        var byDefault = new HostOptions().ShutdownTimeout;
        services.AddOptions<HostOptions>().PostConfigure<IServiceProvider>((host, provider) =>
        {
            try
            {
                var needed = provider.GetRequiredService<IOptions<TagCacheOptions>>().Value.HandoverTimeout + RestOfLeaving;
                host.ShutdownTimeout = host.ShutdownTimeout == byDefault && needed > byDefault ? needed : host.ShutdownTimeout;
            }
            catch (Exception)
            {
                // Options that cannot be read end the start, which says why.
            }
        });
    }

    /// <summary>Nothing here rests on the machine's date, which may be set back while the silo runs.</summary>
    private static void AddClock(IServiceCollection services)
    {
        services.TryAddSingleton(provider => new ForwardTime(provider.GetRequiredService<TimeProvider>()));
        foreach (var area in new[] { TimeProviderNames.Membership, TimeProviderNames.SystemTimers, ReminderTimeProviderNames.Reminders })
        {
            services.TryAddKeyedSingleton<TimeProvider>(area, (provider, _) => provider.GetRequiredService<ForwardTime>());
        }

        services.TryAddKeyedSingleton<TimeProvider>(TimeProviderNames.ActivationManagement, (provider, _) => new SteadyTime(provider.GetRequiredService<TimeProvider>()));
    }

    private static void AddJobs(ISiloBuilder builder)
    {
        if (!builder.Services.Any(service => service.ServiceType == typeof(IGrainStorage) && Equals(service.ServiceKey, TagCacheOptions.JobStorage)))
        {
            builder.AddMemoryGrainStorage(TagCacheOptions.JobStorage);
        }

        builder.Services.AddOptions<ReminderOptions>().Configure<IOptions<TagCacheOptions>>((reminders, cache) =>
        {
            if (cache.Value.RefreshReminderPeriod < reminders.MinimumReminderPeriod)
            {
                reminders.MinimumReminderPeriod = cache.Value.RefreshReminderPeriod;
            }
        });
    }

    private static void AddProtocol(IServiceCollection services)
    {
        services.AddSingleton(provider => new TagLedger(provider.GetRequiredService<TagCacheOptions>().MaximumRememberedTags));
        services.AddSingleton(provider => new Members(
            provider.GetRequiredService<ILocalSiloDetails>().SiloAddress,
            provider.GetRequiredService<TagCacheOptions>().ServingLease,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Members>>()));
        services.AddSingleton(provider =>
        {
            var row = new OwnRowReader(
                provider.GetRequiredService<IMembershipTable>(), provider.GetRequiredService<ILocalSiloDetails>().SiloAddress, provider.GetService<ITableLoss>());
            return new ServingLease(
                row.IsAlive,
                () => provider.GetRequiredService<IFatalErrorHandler>().OnFatalException(nameof(ServingLease), "The membership table has lost this silo's row."),
                provider.GetRequiredService<TagCacheOptions>().ServingLease,
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<ServingLease>>());
        });
        services.AddSingleton<IPeers, PeerClient>();
        services.AddSingleton<Standings>();
        services.AddSingleton<PeerVersions>();
        services.AddSingleton<TicketIssuer>();
        services.AddSingleton<FormerOwners>();
        services.AddSingleton<IFormerValues, Fetches>();
        services.AddSingleton(provider => new MoveRate(provider.GetRequiredService<TagCacheOptions>().MaximumMoveBytesPerSecond, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<Standbys>();
        services.AddSingleton<Mover>();
        services.AddSingleton<OwnershipChanges>();
        services.AddSingleton<RecentUpdates>();
        services.AddSingleton(_ => new StampHistory());
        services.AddSingleton<ClientSessions>();
        services.AddSingleton<Invalidator>();
        services.AddSingleton<AllSilos>();
        services.AddSingleton<TagUpdates>();
        services.AddSingleton<JoinAndLeave>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<JoinAndLeave>());
        services.PostConfigure<ClusterMembershipOptions>(StuckJoins.Replace);
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, StuckJoins>();
        services.PostConfigure<ClusterMembershipOptions>(DeadRows.Replace);
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, DeadRows>();
    }

    private static void AddConnections(IServiceCollection services)
    {
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, ReachabilityLifetime>();
        services.AddSingleton<ForeignClusters>();
        services.AddOptions<SiloConnectionOptions>().Configure<ForeignClusters>((connections, clusters) =>
            connections.ConfigureGatewayInboundConnection(connection => connection.Use(clusters.OfGateway)));
    }

    private static void AddBatching(ISiloBuilder builder)
    {
        builder.Services.AddSingleton<EntryBatchHandler>();
        builder.Services.AddSingleton<KeyChangeHandler>();
        builder.Services.AddSingleton<BatchServiceClient>();
        builder.Services.AddSingleton<EndpointPlan>();
        builder.Services.AddSingleton<IEndpointResolver, DirectEndpoints>();
        builder.AddGrainService<BatchService>();
    }

    private static void AddOwners(ISiloBuilder builder)
    {
        builder.Services.AddSingleton<Owners>();
        builder.Services.AddSingleton<OwnerDirectory>();
        builder.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, DirectoryCacheCheck>();
        builder.AddGrainDirectory(OwnerDirectory.Name, (services, _) => services.GetRequiredService<OwnerDirectory>());
        var others = builder.Services.LastOrDefault(service => service.ServiceType == typeof(IGrainDirectoryCache) && !service.IsKeyedService);
        builder.Services.AddSingleton<IGrainDirectoryCache>(services => new OwnerDirectoryCache(
            services.GetRequiredService<OwnerDirectory>(),
            OthersOf(services, others) ?? OwnerDirectoryCache.CacheOfOthers(services, services.GetRequiredService<IOptions<GrainDirectoryOptions>>().Value)));

        // The application's own cache stays, behind ours.
        static IGrainDirectoryCache? OthersOf(IServiceProvider services, ServiceDescriptor? others) => (IGrainDirectoryCache?)(
            others?.ImplementationInstance
            ?? others?.ImplementationFactory?.Invoke(services)
            ?? (others?.ImplementationType is { } type ? ActivatorUtilities.CreateInstance(services, type) : null));
    }

    private static void AddEntries(IServiceCollection services)
    {
        services.AddSingleton<DependentsIndex>();
        services.AddSingleton(provider => new EvictedTags(provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new EntryTable(
            provider.GetRequiredService<TagLedger>(),
            provider.GetRequiredService<TagCacheOptions>().MaximumBytes,
            provider.GetRequiredService<TagCacheOptions>().MaximumEntries,
            provider.GetRequiredService<SiloMetrics>().Tags,
            provider.GetRequiredService<EvictedTags>()));
        services.AddSingleton(provider => new EntrySweeper(
            provider.GetRequiredService<EntryStore>(),
            provider.GetRequiredService<EntryTable>(),
            provider.GetRequiredService<TagLedger>(),
            provider.GetRequiredService<Owners>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<TagCacheOptions>().GenerationLease,
            provider.GetRequiredService<ILogger<EntrySweeper>>(),
            provider.GetRequiredService<Mover>().HaveLeft,
            provider.GetService<IFreedMemory>()));
        services.AddSingleton<EntryServices>();
        services.AddSingleton(provider => provider.GetRequiredService<EntryServices>().HotKeys);
        services.AddSingleton<EntryStore>();
        services.AddSingleton<RefreshMetrics>();
        services.AddSingleton<RefreshJobServices>();
        services.AddSingleton<LoaderCalls>();
        services.AddSingleton<RefreshWorker>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<RefreshWorker>());
        services.AddSingleton<WarmUpMemory>();
        services.AddSingleton<WarmUpMetrics>();
        services.AddSingleton<WarmUpGrainServices>();
        services.AddSingleton(provider => WarmUpRules.Of(provider.GetRequiredService<TagCacheOptions>()));
        services.AddSingleton<ScheduleMetrics>();
        services.AddSingleton<ScheduleKeeper>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<ScheduleKeeper>());
        services.AddSingleton<TagView>();
        services.AddSingleton<TagList>();
        services.AddSingleton<KeyView>();
        services.AddSingleton<ClusterTags>();
        services.AddSingleton<ProcessReporter>();
        services.AddSingleton<NearHits>();
        services.AddSingleton<SiloMetrics>();
        services.AddSingleton<SiloReporter>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, EntrySweeperLifetime>();
    }
}
