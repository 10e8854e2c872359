using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansTagCache;
using OrleansTagCache.Http;
using OrleansTagCache.Http.Audit;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Boards;
using OrleansTagCache.Http.Endpoints;
using OrleansTagCache.Http.Hooks;
using OrleansTagCache.Http.Hosting;
using OrleansTagCache.Http.Limits;
using OrleansTagCache.Http.Sessions;
using OrleansTagCache.Http.Streams;
using OrleansTagCache.Http.Tokens;
using OrleansTagCache.Http.Ui;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the HTTP API of the cache.</summary>
public static class TagCacheHttpServiceCollectionExtensions
{
    /// <summary>
    /// Registers what <see cref="TagCacheEndpointRouteBuilderExtensions.MapTagCache"/> needs, in a process that runs a silo with <c>AddTagCache()</c>. Options come from the
    /// section <c>TagCache</c> of the configuration, then from <paramref name="configure"/>. Calling it again only adds configuration.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Changes the options; they are validated at start-up, every fault reported at once.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddTagCacheHttp(this IServiceCollection services, Action<TagCacheHttpOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (!services.Any(service => service.ServiceType == typeof(EntryEndpoints)))
        {
            AddOptions(services);
            AddAuthentication(services);
            AddOpenApi(services);
            AddEndpoints(services);
        }

        if (configure is not null)
        {
            services.Configure(configure);
        }

        return services;
    }

    private static void AddOptions(IServiceCollection services)
    {
        services.AddOptions<TagCacheHttpOptions>().ValidateOnStart();

        // The section comes first, whatever was registered before. The options are not tied to its changes: ApiKeyRing takes over what may change.
        services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<TagCacheHttpOptions>>(provider => new ConfigureNamedOptions<TagCacheHttpOptions, IConfiguration>(
            Options.Options.DefaultName, provider.GetRequiredService<IConfiguration>(), (options, configuration) => configuration.GetSection(TagCacheOptions.Section).Bind(options))));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TagCacheHttpOptions>, TagCacheHttpOptionsValidator>());
        services.AddSingleton<IPostConfigureOptions<TagCacheHttpOptions>, ApiKeyFile>();
        services.AddSingleton(provider => new RequestLimits(provider.GetRequiredService<IOptions<TagCacheHttpOptions>>().Value.Limits));
        services.AddSingleton(provider => new FailedAttempts(provider.GetRequiredService<IOptions<TagCacheHttpOptions>>().Value.Limits));
    }

    private static void AddAuthentication(IServiceCollection services)
    {
        services.AddSingleton<ApiKeyRing>();
        services.AddHostedService<ApiKeyRingStart>();
        services.AddSingleton<LocalCallers>();
        services.AddSingleton<SealedTokens>();
        services.AddSingleton<SealedMoments>();
        services.AddSingleton<RefusedCallTokens>();
        services.AddSingleton<UiSessions>();
        services.AddSingleton<ApiKeyServices>();
        services.AddTransient<ApiKeyHandler>();
        services.AddAuthentication();
        var application = services.Last(service => service.ServiceType == typeof(IAuthenticationSchemeProvider) && !service.IsKeyedService);
        services.AddSingleton<IAuthenticationSchemeProvider>(provider => new ApiKeySchemeProvider(Schemes(provider, application)));
        services.AddAuthorization(authorization =>
        {
            foreach (var (policy, scope) in ScopePolicies.All)
            {
                authorization.AddPolicy(policy, rules => rules.AddAuthenticationSchemes(TagCacheAuthorization.Scheme).AddRequirements(new ScopeRequirement(scope)));
            }
        });
    }

    /// <summary>The schemes of the application, from where they were registered.</summary>
    private static IAuthenticationSchemeProvider Schemes(IServiceProvider provider, ServiceDescriptor application) => (IAuthenticationSchemeProvider)(
        application.ImplementationInstance
        ?? application.ImplementationFactory?.Invoke(provider)
        ?? ActivatorUtilities.CreateInstance(provider, application.ImplementationType!));

    private static void AddOpenApi(IServiceCollection services)
    {
        services.AddOpenApi(OpenApiText.Document, OpenApiText.Configure);
        services.AddSingleton<OpenApiText>();
    }

    private static void AddEndpoints(IServiceCollection services)
    {
        services.TryAddSingleton(provider => new CacheLifeProfiles(provider.GetRequiredService<TagCacheClientOptions>().Profiles));
        services.AddSingleton<EntryEndpoints>();
        services.AddSingleton<ManyEntriesEndpoint>();
        services.AddSingleton<EntryPut>();
        services.AddSingleton<TagEndpoints>();
        services.AddSingleton<HoldEndpoints>();
        services.AddSingleton<ClusterEndpoints>();
        services.AddSingleton<TagListEndpoint>();
        services.AddSingleton<DiagnosticsEndpoint>();
        services.AddSingleton<HookEndpoints>();
        services.AddSingleton<EventStreams>();
        services.AddSingleton<EvictionFeed>();
        services.AddSingleton<EventsEndpoint>();
        services.AddSingleton<SessionCalls>();
        services.AddSingleton<SessionEndpoint>();
        services.AddSingleton<AuditLog>();
        services.AddSingleton<TrafficFeed>();
        services.AddSingleton<BoardEndpoints>();
        services.AddSingleton<WarmUpsEndpoint>();
        services.AddSingleton<UiFiles>();
        services.AddSingleton<UiEndpoints>();
    }
}
