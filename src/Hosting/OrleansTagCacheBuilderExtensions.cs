using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Adds OrleansTagCache to an Aspire host.</summary>
public static class OrleansTagCacheBuilderExtensions
{
    /// <summary>The folder beside the host's program where the package puts the silo program.</summary>
    private const string Folder = "orleans-tag-cache";

    private const string ProgramFile = "OrleansTagCache.Silo.dll";

    /// <summary>
    /// Adds a cluster of one silo, whose membership is in memory. Each silo is a process of the program that this package brings, on ports that are free, reachable on this machine only; it is healthy
    /// when it serves. Applications get the cluster by <c>WithReference(cache)</c>, and call <c>AddOrleansTagCacheClient(name)</c>.
    /// </summary>
    /// <param name="builder">The Aspire host. It must run, not publish.</param>
    /// <param name="name">The name of the cluster, and of its connection string. Its silos are <c>name-1</c>, <c>name-2</c> and so on.</param>
    /// <param name="program">The path of another silo program, <c>OrleansTagCache.Silo.dll</c>; null for the package's own.</param>
    /// <returns>The cluster.</returns>
    /// <exception cref="DistributedApplicationException">The host publishes: silos are deployed by other means.</exception>
    /// <exception cref="FileNotFoundException">There is no such program.</exception>
    public static IResourceBuilder<OrleansTagCacheResource> AddOrleansTagCache(this IDistributedApplicationBuilder builder, [ResourceName] string name, string? program = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.ExecutionContext.IsPublishMode)
        {
            throw new DistributedApplicationException(
                $"The silos of '{name}' run in an Aspire host, and are deployed by other means. Where ExecutionContext.IsPublishMode, use builder.AddConnectionString(\"{name}\") instead of AddOrleansTagCache(\"{name}\").");
        }

        var path = Path.GetFullPath(program ?? Path.Combine(AppContext.BaseDirectory, Folder, ProgramFile));
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no silo program at {path}. The package OrleansTagCache.Hosting brings it; a host that gets the package otherwise names one: AddOrleansTagCache(\"{name}\", program).", path);
        }

        var cache = builder.AddResource(new OrleansTagCacheResource(name)).WithInitialState(new()
        {
            ResourceType = "OrleansTagCache",
            Properties = [],
            State = KnownResourceStates.Waiting,
        });
        AddSilo(cache, path);
        builder.Eventing.Subscribe<BeforeStartEvent>((start, _) =>
        {
            Check(cache.Resource);
            ClusterStates.Follow(cache.Resource, start.Services);
            return Task.CompletedTask;
        });
        return cache;
    }

    /// <summary>Sets how many silos there are. More than one need a store.</summary>
    /// <param name="cache">The cluster.</param>
    /// <param name="replicas">1 to 20, and not fewer than there are already.</param>
    /// <returns>The cluster.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It is out of that range.</exception>
    public static IResourceBuilder<OrleansTagCacheResource> WithReplicas(this IResourceBuilder<OrleansTagCacheResource> cache, int replicas)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentOutOfRangeException.ThrowIfLessThan(replicas, cache.Resource.Silos.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(replicas, MostReplicas);
        while (cache.Resource.Silos.Count < replicas)
        {
            AddSilo(cache, cache.Resource.Silos[0].Program);
        }

        return cache;
    }

    /// <summary>Keeps the membership in Redis, and starts the silos when it is ready.</summary>
    /// <param name="cache">The cluster.</param>
    /// <param name="redis">The Redis.</param>
    /// <returns>The cluster.</returns>
    public static IResourceBuilder<OrleansTagCacheResource> WithReference(this IResourceBuilder<OrleansTagCacheResource> cache, IResourceBuilder<RedisResource> redis) =>
        cache.WithReference(redis, TagCacheStore.Redis);

    /// <summary>Keeps the membership in a database of PostgreSQL, and starts the silos when it is ready.</summary>
    /// <param name="cache">The cluster.</param>
    /// <param name="database">The database.</param>
    /// <returns>The cluster.</returns>
    public static IResourceBuilder<OrleansTagCacheResource> WithReference(this IResourceBuilder<OrleansTagCacheResource> cache, IResourceBuilder<PostgresDatabaseResource> database) =>
        cache.WithReference(database, TagCacheStore.PostgreSql);

    /// <summary>Keeps the membership where a connection string says, and starts the silos when that is ready.</summary>
    /// <param name="cache">The cluster.</param>
    /// <param name="store">A resource with a connection string, for example of <c>AddConnectionString</c>.</param>
    /// <param name="kind">What it is.</param>
    /// <returns>The cluster.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such kind.</exception>
    public static IResourceBuilder<OrleansTagCacheResource> WithReference(
        this IResourceBuilder<OrleansTagCacheResource> cache, IResourceBuilder<IResourceWithConnectionString> store, TagCacheStore kind)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(store);
        if (!Enum.IsDefined(kind))
        {
            throw new ArgumentOutOfRangeException(nameof(kind), kind, "There are Redis and PostgreSql.");
        }

        cache.Resource.Store = new(kind, store);
        foreach (var silo in cache.Resource.SiloBuilders)
        {
            silo.WaitFor(store);
        }

        return cache;
    }

    /// <summary>Sets the ids of the cluster, which are <c>tagcache</c> otherwise.</summary>
    /// <param name="cache">The cluster.</param>
    /// <param name="clusterId">The <c>ClusterId</c> of its silos: letters, digits, and <c>. _ -</c>.</param>
    /// <param name="serviceId">The <c>ServiceId</c> of its silos: the same.</param>
    /// <returns>The cluster.</returns>
    /// <exception cref="ArgumentException">One is empty, or has other characters.</exception>
    public static IResourceBuilder<OrleansTagCacheResource> WithIds(this IResourceBuilder<OrleansTagCacheResource> cache, string clusterId, string serviceId)
    {
        ArgumentNullException.ThrowIfNull(cache);
        CheckId(clusterId, nameof(clusterId));
        CheckId(serviceId, nameof(serviceId));
        (cache.Resource.ClusterId, cache.Resource.ServiceId) = (clusterId, serviceId);
        return cache;
    }

    /// <summary>Sets a setting of every silo, as the page about settings has them.</summary>
    /// <param name="cache">The cluster.</param>
    /// <param name="name">Its name below <c>TagCache</c>, for example <c>MaximumBytes</c> or <c>Limits:BodyBytes</c>.</param>
    /// <param name="value">Its value.</param>
    /// <returns>The cluster.</returns>
    /// <exception cref="ArgumentException">The name is empty, or one that this package sets: a port, an address, an id, or the store.</exception>
    public static IResourceBuilder<OrleansTagCacheResource> WithSetting(this IResourceBuilder<OrleansTagCacheResource> cache, string name, string value)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(value);
        if (OwnSettings.Contains(name.Split(':', '_')[0], StringComparer.OrdinalIgnoreCase))
        {
            throw new ArgumentException($"The setting {name} is not to be set: the ports and addresses of silos are chosen here, ids are set by WithIds, and the store by WithReference.", nameof(name));
        }

        cache.Resource.Settings[name] = value;
        return cache;
    }

    private const int MostReplicas = 20;

    private static readonly string[] OwnSettings = ["SiloPort", "GatewayPort", "AdvertisedAddress", "ListenAddress", "ClusterId", "ServiceId", "Clustering"];

    private static void CheckId(string id, string name)
    {
        if (string.IsNullOrEmpty(id) || !id.All(each => char.IsAsciiLetterOrDigit(each) || each is '.' or '_' or '-'))
        {
            throw new ArgumentException($"'{id}' is not an id of a cluster here: it has letters, digits, and . _ - alone.", name);
        }
    }

    private static void AddSilo(IResourceBuilder<OrleansTagCacheResource> cache, string program)
    {
        var cluster = cache.Resource;
        var ports = HeldPorts.Take(3);
        var silo = cache.ApplicationBuilder
            .AddResource(new TagCacheSiloResource($"{cluster.Name}-{cluster.Silos.Count + 1}", cluster, program, ports[0], ports[1], ports[2]))
            .WithArgs(program)
            .WithEndpoint(ports[0], ports[0], name: "silo", isProxied: false)
            .WithEndpoint(ports[1], ports[1], name: "gateway", isProxied: false)
            .WithHttpEndpoint(ports[2], ports[2], isProxied: false)
            .WithHttpHealthCheck("/health/ready")
            .WithEnvironment(context => SetUp(context.EnvironmentVariables, cluster, ports))
            .WithOtlpExporter()
            .OnBeforeResourceStarted((_, _, _) =>
            {
                HeldPorts.Release(ports);
                return Task.CompletedTask;
            });
        if (cluster.Store is { } store)
        {
            silo.WaitFor(store.Resource);
        }

        cluster.Add(silo);
    }

    private static void SetUp(Dictionary<string, object> variables, OrleansTagCacheResource cluster, int[] ports)
    {
        variables["ASPNETCORE_URLS"] = $"http://{TagCacheSiloResource.Address}:{ports[2]}";
        variables["TagCache__SiloPort"] = $"{ports[0]}";
        variables["TagCache__GatewayPort"] = $"{ports[1]}";
        variables["TagCache__ClusterId"] = cluster.ClusterId;
        variables["TagCache__ServiceId"] = cluster.ServiceId;
        if (cluster.Store is { } store)
        {
            variables["TagCache__Clustering__Provider"] = store.Store.ToString();
            variables["TagCache__Clustering__ConnectionString"] = store.Resource.Resource.ConnectionStringExpression;
        }

        foreach (var (name, value) in cluster.Settings)
        {
            variables[$"TagCache__{name.Replace(":", "__", StringComparison.Ordinal)}"] = value;
        }
    }

    private static void Check(OrleansTagCacheResource cluster)
    {
        if (cluster.Store is null && cluster.Silos.Count > 1)
        {
            throw new DistributedApplicationException($"The {cluster.Silos.Count} silos of '{cluster.Name}' need Redis or PostgreSQL to find each other: add WithReference(redis), or take one silo.");
        }
    }
}
