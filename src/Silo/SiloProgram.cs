using OpenTelemetry.Metrics;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Entries;
using OrleansTagCache.Hosting;
using OrleansTagCache.Silo.Access;
using OrleansTagCache.Silo.Clustering;
using OrleansTagCache.Silo.Http;
using OrleansTagCache.Silo.Limits;
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
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        Defaults.AddTo(builder.Configuration);
        Addresses.AddDefault(builder.Configuration);
        KeyFile.AddTo(builder.Configuration);
        var options = SettingsCheck.Read(builder.Configuration);
        Surroundings.CheckPorts(options, builder.Configuration);
        var redis = await Surroundings.ConnectRedis(options);

        builder.WebHost.ConfigureKestrel(server => HttpBounds.Apply(server, options.Limits));
        builder.UseOrleans(silo =>
        {
            silo.UseClustering(options, redis).AddTagCache();
            if (options.Tls.IsWanted)
            {
                silo.UseClusterTls(tls => builder.Configuration.GetSection($"{TagCacheOptions.Section}:{nameof(options.Tls)}").Bind(tls));
            }
        });
        builder.Services.AddTagCacheHttp();
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(options.Limits);
        builder.Services.AddSingleton<CallerLimits>();
        builder.Services.AddSingleton<IFreedMemory, MemoryCollections>();
        builder.Services.AddHostedService<Greeting>();
        builder.Services.AddHostedService<ExposureWarning>();
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter(SiloMetrics.MeterName, ClientMetrics.MeterName, "Microsoft.Orleans", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
            .AddPrometheusExporter());

        last?.Invoke(builder.Services);
        var app = builder.Build();
        app.MapTagCacheHttp();
        app.MapPrometheusScrapingEndpoint("/metrics").Needs(Scopes.Admin);
        return app;
    }
}
