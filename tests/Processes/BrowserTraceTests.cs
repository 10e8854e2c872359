using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Xunit;
using Xunit.Abstractions;

namespace OrleansTagCache.Tests.Processes;

/// <summary>What a collector gets of a browser's request that updates a tag in a cluster of real processes: one trace, from the request to the last client.</summary>
public sealed class BrowserTraceTests(ITestOutputHelper output)
{
    private const string BrowsersSpan = "00f067aa0ba902b7";

    private static readonly string[] Expected =
    [
        "Microsoft.AspNetCore.Hosting.HttpRequestIn (server) shop",
        "tagcache.commit (client) shop",
        "tagcache.deliver (client) tagcache-silo",
        "tagcache.deliver (client) tagcache-silo",
        "tagcache.deliver (server) tagcache-silo",
        "tagcache.deliver (server) tagcache-silo",
        "tagcache.generate (internal) shop",
        "tagcache.push (client) tagcache-silo",
        "tagcache.push (server) shop",
        "tagcache.read (internal) shop",
        "tagcache.update (client) shop",
        "tagcache.update (server) tagcache-silo",
    ];

    static BrowserTraceTests() => AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", isEnabled: false);

    [RedisFact]
    public async Task Request_ThatUpdatesATag_IsOneTraceOverAllProcesses()
    {
        await using var collector = await OtlpReceiver.Start();
        await using var cluster = await SiloCluster.Start(
            3,
            $"--OTEL_EXPORTER_OTLP_ENDPOINT={collector.Http}",
            "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
            "--OTEL_METRICS_EXPORTER=none",
            "--OTEL_LOGS_EXPORTER=none",
            "--OTEL_BSP_SCHEDULE_DELAY=100");
        await cluster.WhenWhole();
        await using var app = Shop(cluster.Gateways, collector.Http);
        await app.Start();
        using var browser = new HttpClient { BaseAddress = new(app.Address) };
        Assert.Equal("price 1", await browser.GetStringAsync("/product"));
        Assert.Equal("price 1", await browser.GetStringAsync("/product"));
        await Fetch(browser, ActivityTraceId.CreateRandom().ToHexString(), flags: "00");
        var trace = ActivityTraceId.CreateRandom().ToHexString();

        Assert.Equal("price 3", await Fetch(browser, trace, flags: "01"));
        await collector.Came.Until(() => SpansOf(collector, trace).Length >= Expected.Length, () => Tree(SpansOf(collector, trace)));

        var spans = SpansOf(collector, trace);
        output.WriteLine(Tree(spans));
        Assert.Equal(Expected, spans.Select(span => $"{span.Name} ({span.Kind}) {span.Service["service.name"]}").Order(StringComparer.Ordinal));
        Assert.Equal(4, spans.Select(Process).Distinct().Count());
        Assert.DoesNotContain(spans, span => span.IsError);
        var byId = spans.ToDictionary(span => span.Id);
        var root = spans.Single(span => span.Parent == BrowsersSpan);
        Assert.Equal(("POST", "/product"), (root.Attributes["http.request.method"], root.Attributes["url.path"]));
        Assert.All(spans.Where(span => span != root), span =>
        {
            Assert.True(byId.TryGetValue(span.Parent, out var cause), $"The cause of {span.Name} is missing.");
            Assert.True(cause.Begin <= span.Begin, $"{span.Name} began before its cause.");

            // What a process takes is below what another one sent.
            if (span.Kind == "server")
            {
                Assert.Equal((span.Name, "client"), (cause.Name, cause.Kind));
                Assert.NotEqual(Process(cause), Process(span));
            }
        });
        var (call, update) = (spans.Single(span => (span.Name, span.Kind) == ("tagcache.update", "client")), spans.Single(span => (span.Name, span.Kind) == ("tagcache.update", "server")));
        Assert.True(root.Duration >= call.Duration && call.Duration >= update.Duration, "A call ended before what it waited for.");
        Assert.Equal("3", update.Attributes["tagcache.members"]);

        // Everything that the update waited for, but for the applications' ends of pushes, had ended before it.
        Assert.All(spans.Where(span => span.Name == "tagcache.deliver"), span => Assert.True(span.Begin >= update.Begin && span.Begin <= update.End, $"{span.Name} is not a part of the update's time."));
    }

    /// <summary>As the instrumentation of a browser's fetch sends it.</summary>
    private static async Task<string> Fetch(HttpClient browser, string trace, string flags)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/product");
        request.Headers.Add("traceparent", $"00-{trace}-{BrowsersSpan}-{flags}");
        using var response = await browser.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }

    private static ClientApp Shop(int[] gateways, string collector)
    {
        var price = 1;
        return ClientApp.Build(
            client => client.UseLocalhostClustering(gateways, "tagcache", "tagcache").AddTagCacheClient(options => options.RequireClusterAtStart = true),
            services => services.AddTagCacheServerActions().AddOpenTelemetry().ConfigureResource(resource => resource.AddService("shop")).WithTracing(traces => traces
                .AddSource("OrleansTagCache", "Microsoft.AspNetCore")
                .AddOtlpExporter(exporter =>
                {
                    exporter.Endpoint = new($"{collector}/v1/traces");
                    exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
                    exporter.BatchExportProcessorOptions.ScheduledDelayMilliseconds = 100;
                })),
            app =>
            {
                app.MapGet("/product", (ITagCache cache) => Read(cache));
                app.MapPost("/product", async (ITagCache cache) =>
                {
                    price++;
                    await cache.UpdateTagAsync("products");
                    return await Read(cache);
                }).WithServerAction();
            });

        ValueTask<string> Read(ITagCache cache) => cache.GetOrCreateAsync("product", (_, _) => ValueTask.FromResult($"price {price}"), new() { Tags = ["products"] });
    }

    private static OtlpSpan[] SpansOf(OtlpReceiver collector, string trace) =>
        [.. collector.Exports.Where(export => export.IsTraces).SelectMany(export => export.Spans).Where(span => span.Trace == trace)];

    /// <summary>Each span below what caused it, with the process that exported it and its time.</summary>
    private static string Tree(OtlpSpan[] spans)
    {
        var processes = spans.OrderBy(span => span.Begin).Select(Process).Distinct().ToList();
        var text = new StringBuilder();
        Write(BrowsersSpan, 0);
        return text.ToString();

        void Write(string parent, int depth)
        {
            foreach (var span in spans.Where(span => span.Parent == parent).OrderBy(span => span.Begin))
            {
                text.Append(CultureInfo.InvariantCulture, $"{new string(' ', 2 * depth)}{span.Name} ({span.Kind}) {span.Service["service.name"]} {processes.IndexOf(Process(span))}, {span.Duration.TotalMilliseconds:0.00} ms");
                text.AppendLine(string.Concat(span.Attributes.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $" {pair.Key}={pair.Value}")));
                Write(span.Id, depth + 1);
            }
        }
    }

    private static string Process(OtlpSpan span) => span.Service["service.instance.id"];
}
