using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using OrleansTagCache.Silo.StartUp;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>What the silo program sends to a collector, as OpenTelemetry's variables say.</summary>
[Collection(SiloCollection.Name)]
public sealed class TelemetryTests
{
    private const string Updates = "tagcache.update.duration";

    [Theory]
    [InlineData("http/protobuf")]
    [InlineData("grpc")]
    public async Task Signals_WithACollector_AreSentThere(string protocol)
    {
        await using var collector = await OtlpReceiver.Start();
        var silo = new ExportingSilo($"--OTEL_EXPORTER_OTLP_ENDPOINT={(protocol == "grpc" ? collector.Grpc : collector.Http)}", $"--OTEL_EXPORTER_OTLP_PROTOCOL={protocol}");
        string name;
        await using (silo)
        {
            await silo.InitializeAsync();
            name = silo.Name;
            (await silo.Http.Put("telemetry:key", "1", "&tag=telemetry:tag")).IsDone();
            Assert.Equal(200, (await silo.Http.Update("telemetry:tag")).Status);

            silo.Flush();
        }

        // When a silo has stopped, it has sent everything.
        await collector.Came.Until(() => Array.Exists(collector.Exports, export => export.IsLogs));
        var exports = collector.Exports;
        var metrics = exports.First(export => export.IsMetrics && export.Metrics.Contains(Updates));
        var spans = exports.Where(export => export.IsTraces).SelectMany(export => export.Spans).ToArray();
        Assert.Contains("tagcache.entry.commits", metrics.Metrics);
        Assert.Contains("dotnet.gc.collections", metrics.Metrics);
        Assert.Contains(spans, span => (span.Name, span.Kind) == ("tagcache.update", "server"));
        Assert.Contains(spans, span => span.Kind == "server" && span.Attributes.GetValueOrDefault("http.request.method") == "PUT" && span.Attributes.GetValueOrDefault("url.path") == "/v1/entry");
        Assert.DoesNotContain(spans, span => span.Attributes.Values.Any(value => value.Contains("telemetry:", StringComparison.Ordinal)));
        Assert.Contains(exports.Where(export => export.IsLogs).SelectMany(export => export.Logs), message => message.StartsWith("Serving. Updates reach", StringComparison.Ordinal));
        Assert.All(exports, export => Assert.Equal(
            ("tagcache-silo", name, Contracts.ProtocolVersions.OfThisBuild.Product), (export.Resource["service.name"], export.Resource["service.instance.id"], export.Resource["service.version"])));
    }

    /// <summary>Each signal has its own address, used as it is, and its own headers; one may be switched off, and the name of the service is the environment's.</summary>
    [Fact]
    public async Task Signals_WithVariablesOfTheirOwn_FollowThem()
    {
        await using var all = await OtlpReceiver.Start();
        await using var own = await OtlpReceiver.Start();
        await using (var silo = new ExportingSilo(
            $"--OTEL_EXPORTER_OTLP_ENDPOINT={all.Http}",
            "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
            $"--OTEL_EXPORTER_OTLP_METRICS_ENDPOINT={own.Http}/mine/metrics",
            "--OTEL_EXPORTER_OTLP_METRICS_HEADERS=x-who=metrics",
            "--OTEL_LOGS_EXPORTER=none",
            "--OTEL_SERVICE_NAME=named",
            "--OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=test"))
        {
            await silo.InitializeAsync();
            Assert.Equal(200, (await silo.Http.Update("telemetry:tag")).Status);

            silo.Flush();
        }

        Assert.All(own.Exports, export => Assert.Equal(("/mine/metrics", "metrics"), (export.Path, export.Headers["x-who"])));
        Assert.All(all.Exports, export => Assert.Equal("/v1/traces", export.Path));
        Assert.NotEmpty(own.Exports);
        Assert.NotEmpty(all.Exports);
        Assert.All(all.Exports.Concat(own.Exports), export => Assert.Equal(("named", "test"), (export.Resource["service.name"], export.Resource["deployment.environment.name"])));
    }

    /// <summary>Of an update whose caller's trace is sampled the measurement has the trace and the coordinating silo's span, to a collector and in the OpenMetrics format; of one that is not it has none.</summary>
    [Fact]
    public async Task Measurement_UnderASampledTrace_HasItsExemplar()
    {
        await using var collector = await OtlpReceiver.Start();
        await using var silo = new ExportingSilo($"--OTEL_EXPORTER_OTLP_ENDPOINT={collector.Http}", "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "--OTEL_METRICS_EXEMPLAR_FILTER=trace_based");
        await silo.InitializeAsync();
        var sampled = ActivityTraceId.CreateRandom().ToHexString();
        var unsampled = ActivityTraceId.CreateRandom().ToHexString();

        await UpdateUnder(silo.Http, sampled, flags: "01");
        await UpdateUnder(silo.Http, unsampled, flags: "00");
        silo.Flush();
        var scraped = await Scrape(silo.Http);

        var update = collector.Exports.Where(export => export.IsTraces).SelectMany(export => export.Spans).Single(span => (span.Name, span.Kind) == ("tagcache.update", "server"));
        Assert.Equal(sampled, update.Trace);
        Assert.Equal([(sampled, update.Id)], collector.Exports.Where(export => export.IsMetrics).SelectMany(export => export.ExemplarsOf(Updates)).Distinct());
        var exemplars = Regex.Matches(scraped, "^tagcache_update_duration_seconds_bucket.* # \\{(?<labels>[^}]*)\\}", RegexOptions.Multiline).Select(line => line.Groups["labels"].Value).ToArray();
        Assert.Contains($"trace_id=\"{sampled}\"", Assert.Single(exemplars), StringComparison.Ordinal);
        Assert.Contains($"span_id=\"{update.Id}\"", exemplars[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", "OTEL_EXPORTER_OTLP_ENDPOINT is 'collector:4317': it must be an absolute http or https address.")]
    [InlineData("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "http/json", "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL is 'http/json': it must be grpc or http/protobuf.")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "OTEL_EXPORTER_OTLP_TIMEOUT is '10s': it must be a number of milliseconds, from 1.")]
    public void Collector_OfAWrongVariable_IsRefused(string name, string value, string fault)
    {
        var settings = new Dictionary<string, string?> { ["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"] = "http://127.0.0.1:4318/v1/logs", [name] = value };
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();

        Assert.Equal(fault, Assert.Throws<StartUpFault>(() => Collector.Of(configuration, "LOGS")).Message);
    }

    private static async Task UpdateUnder(HttpClient http, string trace, string flags)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/tags/update") { Content = new StringContent("""{"tags":["telemetry:exemplar"]}""") };
        request.Headers.Add("traceparent", $"00-{trace}-00f067aa0ba902b7-{flags}");
        using var response = await http.SendAsync(request);
        Assert.Equal(200, (int)response.StatusCode);
    }

    private static async Task<string> Scrape(HttpClient http)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/openmetrics-text; version=1.0.0"));
        using var response = await http.SendAsync(request);
        Assert.Equal("application/openmetrics-text", response.Content.Headers.ContentType!.MediaType);
        return await response.Content.ReadAsStringAsync();
    }

    private sealed class ExportingSilo(params string[] settings) : SiloServer, IAsyncDisposable
    {
        public string Name => Get<Orleans.Runtime.ILocalSiloDetails>().SiloAddress.ToParsableString();

        protected override string[] Settings => settings;

        /// <summary>Sends what has been measured and traced.</summary>
        public void Flush()
        {
            Assert.True(Get<TracerProvider>().ForceFlush(), "The traces were not taken.");

            // False whatever happens: the reader of Prometheus has no scrape to answer.
            Get<MeterProvider>().ForceFlush();
        }

        async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();
    }
}
