using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Exporter;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Entries;
using OrleansTagCache.Names;
using OrleansTagCache.Silo;
using Xunit;

namespace OrleansTagCache.Testing;

/// <summary>The silo program itself, started in this process on free loopback ports. When it is disposed it must have logged no error.</summary>
public class SiloServer : IAsyncLifetime
{
    private readonly MeterListener _requests = new();
    private readonly Signal _requestsChanged = new();
    private long _running;
    private WebApplication? _app;
    private HttpClient? _http;

    public HttpClient Http => _http ?? throw new InvalidOperationException("Not started.");

    /// <summary>What the program logs, at the levels that it logs at by itself.</summary>
    internal CapturedLog Log { get; } = new();

    /// <summary>Settings beside the ports, as the command line takes them.</summary>
    protected virtual string[] Settings => [];

    /// <summary>Has the last word about the services.</summary>
    protected virtual void Configure(IServiceCollection services)
    {
    }

    public async Task InitializeAsync()
    {
        var ports = FreePorts.Take(2);
        _app = await SiloProgram.Build(
        [
            "--urls=http://127.0.0.1:0",
            $"--TagCache:SiloPort={ports[0]}",
            $"--TagCache:GatewayPort={ports[1]}",
            .. Settings,
        ],
        services =>
        {
            // What is measured is seen at once, not when the last answer is 300 ms old.
            services.Configure<PrometheusAspNetCoreOptions>(exporter => exporter.ScrapeResponseCacheDurationMilliseconds = 0);
            Configure(services);
        });
        Get<ILoggerFactory>().AddProvider(Log);
        CountRequests(Get<IMeterFactory>());
        await _app.StartAsync();
        _http = new(new SocketsHttpHandler { UseProxy = false, RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 })
        {
            BaseAddress = new(_app.Urls.Single()),
        };
    }

    public async Task DisposeAsync()
    {
        _http?.Dispose();
        _requests.Dispose();
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        Assert.Empty(Log.Errors);
    }

    internal T Get<T>()
        where T : notnull => _app!.Services.GetRequiredService<T>();

    /// <summary>Begins a read of a key that is being generated, and returns when the entry has been asked and the reader waits.</summary>
    internal async Task<Task<Reply>> StartWaiting(string key, CancellationToken cancellationToken = default)
    {
        // The entry marks the use and has the reader wait under one gate, so that whatever is sent to it from now on finds the reader waiting.
        var entry = Get<EntryTable>().Find(CacheNamespace.Default.Scope(key))!;
        var before = entry.LastUse;
        var waiting = Events.On(CacheEvent.ReadWaiting);
        var reading = Http.Read(key, wait: "30", cancellationToken);
        await waiting.Until(() => entry.LastUse != before);
        Assert.True(Interlocked.Read(ref _running) > 0, "A request that waits must be counted.");
        return reading;
    }

    /// <summary>Returns when the server has ended every request, those of callers that have gone away included.</summary>
    internal Task NoRequestRuns() => _requestsChanged.Until(() => Interlocked.Read(ref _running) == 0);

    private void CountRequests(IMeterFactory meters)
    {
        _requests.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "http.server.active_requests" && ReferenceEquals(instrument.Meter.Scope, meters))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _requests.SetMeasurementEventCallback<long>((_, change, _, _) =>
        {
            Interlocked.Add(ref _running, change);
            _requestsChanged.Set();
        });
        _requests.Start();
    }
}
