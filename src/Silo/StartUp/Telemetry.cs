using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using OrleansTagCache.Diagnostics;

namespace OrleansTagCache.Silo.StartUp;

/// <summary>What the silo program exports: its metrics for Prometheus, and its traces where a collector is set, by the variables of OpenTelemetry.</summary>
internal static class Telemetry
{
    private static readonly string[] Collectors = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

    public static void AddTo(IServiceCollection services, IConfiguration configuration)
    {
        var telemetry = services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter(SiloMetrics.MeterName, ClientMetrics.MeterName, "Microsoft.Orleans", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
            .AddPrometheusExporter());
        if (Collectors.Any(name => !string.IsNullOrEmpty(configuration[name])))
        {
            // Requests too: what a call over HTTP causes belongs to its caller's trace. Their activities bear no query, where keys and tags are.
            telemetry.WithTracing(traces => traces.AddSource(Tracing.SourceName, "Microsoft.AspNetCore").AddOtlpExporter());
        }
    }
}
