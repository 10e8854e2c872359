using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using OrleansTagCache.Diagnostics;

namespace OrleansTagCache.Silo.StartUp;

/// <summary>What the silo program exports: its metrics for Prometheus, and its metrics, traces and logs to a collector where one is set by the variables of OpenTelemetry.</summary>
internal static class Telemetry
{
    /// <exception cref="StartUpFault">A variable is not what it has to be.</exception>
    public static void AddTo(IServiceCollection services, IConfiguration configuration)
    {
        var (metrics, traces, logs) = (Collector.Of(configuration, "METRICS"), Collector.Of(configuration, "TRACES"), Collector.Of(configuration, "LOGS"));
        var telemetry = services.AddOpenTelemetry().ConfigureResource(SiloResource.Describe).WithMetrics(provider =>
        {
            provider
                .AddMeter(SiloMetrics.MeterName, ClientMetrics.MeterName, "Microsoft.Orleans", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
                .AddView(TagMetrics.UpdatesName, new MetricStreamConfiguration { CardinalityLimit = TagMetrics.MostSeries })
                .AddPrometheusExporter();
            if (metrics is not null)
            {
                provider.AddOtlpExporter(metrics.Name, metrics.Apply);
            }
        });
        if (traces is not null)
        {
            // Requests too: what a call over HTTP causes belongs to its caller's trace. Their activities bear method and path, as OpenTelemetry names them, and no query, where keys and tags are.
            AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", isEnabled: false);
            telemetry.WithTracing(provider => provider.AddSource(Tracing.SourceName, "Microsoft.AspNetCore").AddOtlpExporter(traces.Name, traces.Apply));
        }

        if (logs is not null)
        {
            telemetry.WithLogging(provider => provider.AddOtlpExporter(logs.Name, logs.Apply), options => options.IncludeFormattedMessage = true);
        }
    }
}
