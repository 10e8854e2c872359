using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using OrleansTagCache.Entries;
using OrleansTagCache.Http;
using OrleansTagCache.Http.Limits;
using OrleansTagCache.Http.Messages;
using OrleansTagCache.Silo.Clustering;
using OrleansTagCache.Silo.Logs;
using OrleansTagCache.Silo.Running;
using OrleansTagCache.Silo.StartUp;

namespace OrleansTagCache.Silo;

/// <summary>Puts the silo program together.</summary>
internal static class SiloProgram
{
    /// <param name="args">The command line.</param>
    /// <param name="last">Has the last word about the services: for tests that put something between the processes.</param>
    /// <exception cref="StartUpFault">The settings or the surroundings do not allow it to start.</exception>
    public static async Task<WebApplication> Build(string[] args, Action<IServiceCollection>? last = null)
    {
        var builder = Configure(args);
        var (options, hasKeys) = SettingsCheck.Read(builder.Configuration);
        var addresses = await SiloAddresses.Find(options, loopbackOnly: !hasKeys, Dns.GetHostAddressesAsync, TimeProvider.System);
        StartUpChecks.CheckPorts(options, addresses, builder.Configuration);
        var store = await ClusterStore.Connect(options);

        builder.UseOrleans(silo =>
        {
            silo.UseClustering(options, addresses, store).AddTagCache();
            if (options.Tls.IsWanted)
            {
                silo.UseClusterTls(tls => builder.Configuration.GetSection($"{TagCacheOptions.Section}:{nameof(options.Tls)}").Bind(tls));
            }
        });
        AddHttp(builder.Services);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(addresses);
        builder.Services.AddSingleton(store);
        builder.Services.AddSingleton<IFreedMemory, MemoryCollections>();
        builder.Services.AddSingleton<IFatalErrorHandler, FatalEnd>();
        builder.Logging.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        builder.Services.AddHostedService<StoreWatch>();
        if (store is not OwnMemory)
        {
            builder.Services.AddHostedService<ClockWatch>();
        }

        builder.Services.AddHostedService<Greeting>();
        builder.Services.AddHostedService<ExposureWarning>();
        Telemetry.AddTo(builder.Services, builder.Configuration);

        last?.Invoke(builder.Services);
        var app = builder.Build();
        if (app.Services.GetService<OwnAddress>() is { } address)
        {
            await store.Ask(() => address.Choose(app.Services.GetRequiredService<IMembershipTable>()));
        }

        MapHttp(app);
        return app;
    }

    /// <summary>The settings, from everywhere that they may be in: those of a silo that is started with this command line, in this environment.</summary>
    /// <exception cref="StartUpFault">The directory of settings cannot be read.</exception>
    public static WebApplicationBuilder Configure(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        Defaults.AddTo(builder.Configuration);
        SettingFiles.AddTo(builder.Configuration);
        Addresses.AddDefault(builder.Configuration);
        return builder;
    }

    private static void AddHttp(IServiceCollection services)
    {
        // Without keys the program listens on loopback only.
        services.AddTagCacheHttp(http => http.Access.AllowLocalWithoutKeys ??= true);
        ProtectNothing(services);
        services.AddHealthChecks().AddTagCache();
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<TagCacheHttpOptions>>((server, http) => ServerLimits.Apply(server, http.Value.Limits));
        services.AddProblemDetails(problems => problems.CustomizeProblemDetails = context =>
            context.ProblemDetails.Extensions.TryAdd("code", Problems.CodeOf(context.ProblemDetails.Status)));
    }

    /// <summary>Authentication brings ASP.NET Core's data protection, whose key would be written to disk at the start, in the clear, for no use: API keys need none.</summary>
    private static void ProtectNothing(IServiceCollection services)
    {
        var starts = services.Where(service => service.ServiceType == typeof(IHostedService) && service.ImplementationType?.Namespace?.StartsWith("Microsoft.AspNetCore.DataProtection", StringComparison.Ordinal) == true).ToList();
        starts.ForEach(start => services.Remove(start));
    }

    private static void MapHttp(WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();

        // Of every request, those of no endpoint too; what follows on the connection would be another's.
        app.Use(next => http => RequestCheck.Invoke(http, next));
        app.UseRouting();
        app.UseAuthorization();
        app.MapTagCache();
        app.MapTagCacheUi();
        app.MapTagCacheHealthChecks();
        app.MapPrometheusScrapingEndpoint("/metrics").RequireAuthorization(TagCacheAuthorization.Admin);
    }
}
