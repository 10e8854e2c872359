using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Diagnostics;
using Xunit;

namespace OrleansTagCache.Tests.AspNetCore;

/// <summary>What output caching must not store or share, and what it can: whole responses, each under its own key, with tags that somebody can evict.</summary>
[Collection(AdapterCollection.Name)]
public sealed class OutputCacheStoringTests(AdapterCluster cluster) : IAsyncLifetime
{
    private const int Whole = 20_000;
    private const int Part = 4_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly string _host = $"{Guid.NewGuid():N}.test";
    private readonly ConcurrentDictionary<string, int> _made = [];
    private readonly CapturedLog _log = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly SemaphoreSlim _written = new(0);
    private readonly SemaphoreSlim _ended = new(0);
    private readonly SemaphoreSlim _mayTimeOut = new(0);
    private readonly TaskCompletionSource _mayEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AppNode[] _nodes = [];

    public async Task InitializeAsync() => _nodes = [await Start(0), await Start(1)];

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        _arrived.Dispose();
        _written.Dispose();
        _ended.Dispose();
        _mayTimeOut.Dispose();
        _log.Dispose();
    }

    [Theory]
    [InlineData("/keyless/a%1E", "/keyless/b%1E")]
    [InlineData("/keyless/a%1F", "/keyless/b%1F")]
    [InlineData("/keyless/a?q=%1E", "/keyless/b?q=%1E")]
    [InlineData("/keyless/unlooked-a%1E", "/keyless/unlooked-b%1E")]
    public async Task Requests_ThatCanHaveNoKey_ShareNothing(string one, string other)
    {
        var first = Get(0, one);
        Assert.True(await _written.WaitAsync(Patience));
        Assert.True(await _arrived.WaitAsync(Patience));
        var second = Get(0, other);
        Assert.True(await _arrived.WaitAsync(Patience));
        _mayEnd.SetResult();
        Assert.Equal(Uri.UnescapeDataString(one[9..].Split('?')[0]), await first.WaitAsync(Patience));
        Assert.Equal(Uri.UnescapeDataString(other[9..].Split('?')[0]), await second.WaitAsync(Patience));
        Assert.Equal(Uri.UnescapeDataString(one[9..].Split('?')[0]), await Get(0, one).WaitAsync(Patience));
        Assert.Equal(3, _made["/keyless"]);
    }

    [Theory]
    [InlineData("gone")]
    [InlineData("aborted")]
    [InlineData("late")]
    public async Task Response_ThatWasCutShort_IsNotStored(string how)
    {
        using (var going = new CancellationTokenSource())
        {
            var request = _nodes[0].Http.GetAsync(new Uri($"/cut/{how}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, going.Token);
            Assert.True(await _written.WaitAsync(Patience));
            if (how == "gone")
            {
                // Its connection ends with the answer that is not read.
                (await request.WaitAsync(Patience)).Dispose();
            }

            Assert.True(await _ended.WaitAsync(Patience));
            await going.CancelAsync();
            _ = await Record.ExceptionAsync(async () => (await request).Dispose());
        }

        Assert.Equal(Whole, (await Get(1, $"/cut/{how}")).Length);
        Assert.Equal(Whole, (await Get(0, $"/cut/{how}")).Length);
        Assert.Equal(2, _made[$"/cut/{how}"]);
    }

    [Fact]
    public async Task Response_WithTrailers_IsNotStored()
    {
        await using var node = await Start(0, HttpProtocols.Http2);
        Assert.Equal("trailed 1 7", await Trailed());
        Assert.Equal("trailed 2 7", await Trailed());

        async Task<string> Trailed()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/trailers") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using var answer = await node.Http.SendAsync(request);
            return $"{await answer.Content.ReadAsStringAsync()} {answer.TrailingHeaders.GetValues("X-Sum").Single()}";
        }
    }

    [Theory]
    [InlineData(300)]
    [InlineData(1_000)]
    public async Task Page_WithManyTags_IsStoredAndEvictedByAnyOfThem(int count)
    {
        Assert.Equal($"{count} 1", await Get(0, $"/tags/{count}"));
        Assert.Equal($"{count} 1", await Get(1, $"/tags/{count}"));
        await StoreOf(1).EvictByTagAsync($"{count}-{count - 1}", default);
        Assert.Equal($"{count} 2", await Get(0, $"/tags/{count}"));
    }

    [Theory]
    [InlineData("many", "1024")]
    [InlineData("long", "256")]
    [InlineData("control", "U+0007")]
    [InlineData("white", "white space")]
    [InlineData("empty", "white space")]
    [InlineData("all", "'*'")]
    public async Task Page_WithATagThatCannotBe_IsServedEachTime_AndSaidOnce(string what, string said)
    {
        for (var count = 1; count <= 3; count++)
        {
            Assert.Equal($"{what} {count}", await Get(0, $"/tags/{what}"));
        }

        Assert.Single(_log.Text.Split('\n'), line => line.StartsWith("Warning", StringComparison.Ordinal) && line.Contains(said, StringComparison.Ordinal));
        if (what != "all")
        {
            await StoreOf(0).EvictByTagAsync(TagsOf(what)[^1], default);
        }
    }

    [Fact]
    public async Task Pages_WithMoreTagsThanMayBe_AreSaidOnce_HoweverManyTheyHave()
    {
        Assert.Equal("1200 1", await Get(0, "/tags/1200"));
        Assert.Equal("1300 1", await Get(0, "/tags/1300"));
        await _log.Says("this one has 12", "this one has 13");

        Assert.Single(_log.Text.Split('\n'), line => line.StartsWith("Warning", StringComparison.Ordinal) && line.Contains("An entry may have at most", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reads_OfOutputCaching_AreCounted()
    {
        var meters = cluster.Nodes[0].GetRequiredService<IMeterFactory>();
        var counted = new ConcurrentDictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "tagcache.reads" && ReferenceEquals(instrument.Meter.Scope, meters))
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            foreach (var tag in tags)
            {
                counted.AddOrUpdate((string)tag.Value!, value, (_, before) => before + value);
            }
        });
        listener.Start();

        Assert.Equal("1 1", await Get(0, "/tags/1"));
        Assert.Equal("1 1", await Get(1, "/tags/1"));
        Assert.Equal("1 1", await Get(0, "/tags/1"));
        Assert.Equal(1, counted["generated"]);
        Assert.Equal(1, counted.GetValueOrDefault("near") + counted.GetValueOrDefault("hit"));
    }

    private IOutputCacheStore StoreOf(int node) => _nodes[node].Services.GetRequiredService<IOutputCacheStore>();

    private static string[] TagsOf(string what) => what switch
    {
        "many" => [.. Enumerable.Range(0, 1_100).Select(i => $"many-{i}")],
        "long" => [new('t', 257)],
        "control" => ["a\u0007"],
        "white" => [" "],
        "empty" => [""],
        "all" => ["*"],
        _ => [.. Enumerable.Range(0, int.Parse(what, System.Globalization.CultureInfo.InvariantCulture)).Select(i => $"{what}-{i}")],
    };

    private Task<string> Get(int node, string path) => _nodes[node].Http.GetStringAsync(new Uri(path, UriKind.Relative));

    private Task<AppNode> Start(int node, HttpProtocols protocols = HttpProtocols.Http1) => AppNode.Start(
        cluster.Nodes[node],
        services => services.AddTagCacheOutputCache()
            .AddSingleton(new LogOnce())
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(_log))
            .Configure<KestrelServerOptions>(server => server.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = protocols)),
        app =>
        {
            app.Use((http, next) =>
            {
                // What is synchronous, joining another's response included, has happened when this returns.
                var response = next(http);
                _arrived.Release();
                return response;
            });
            app.UseOutputCache();
            app.Use(TimeOut);
            app.MapGet("/keyless/{name}", async (string name) =>
            {
                _made.AddOrUpdate("/keyless", 1, (_, count) => count + 1);
                _written.Release();
                await _mayEnd.Task;
                return Results.Text(name);
            }).CacheOutput(policy => policy.AddPolicy<Unlooked>());
            app.MapGet("/cut/{how}", Cut).CacheOutput();
            app.MapGet("/trailers", async (HttpContext http) =>
            {
                http.Response.DeclareTrailer("X-Sum");
                await http.Response.WriteAsync($"trailed {Made(http)}");
                http.Response.AppendTrailer("X-Sum", "7");
            }).CacheOutput();
            app.MapGet("/tags/{what}", (string what, HttpContext http) =>
            {
                http.Features.Get<IOutputCacheFeature>()!.Context.Tags.UnionWith(TagsOf(what));
                return Results.Text($"{what} {Made(http)}");
            }).CacheOutput();
        },
        _host);

    private int Made(HttpContext http) => _made.AddOrUpdate(http.Request.Path, 1, (_, count) => count + 1);

    /// <summary>The first time, half of it: its handler ends without an error when nobody is there any more.</summary>
    private async Task Cut(HttpContext http)
    {
        if (Made(http) > 1)
        {
            await http.Response.WriteAsync(new string('w', Whole));
            return;
        }

        await http.Response.WriteAsync(new string('w', Part));
        await http.Response.Body.FlushAsync();
        http.Response.OnCompleted(() =>
        {
            _ended.Release();
            return Task.CompletedTask;
        });
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registered = http.RequestAborted.Register(gone.SetResult);
        _written.Release();
        _mayTimeOut.Release();
        if (http.Request.Path.Value!.EndsWith("aborted", StringComparison.Ordinal))
        {
            http.Abort();
            return;
        }

        await gone.Task.WaitAsync(Patience);
    }

    /// <summary>As the middleware of time-outs: the handler's token is another for a while.</summary>
    private async Task TimeOut(HttpContext http, RequestDelegate next)
    {
        if (!http.Request.Path.Value!.EndsWith("late", StringComparison.Ordinal) || _made.ContainsKey(http.Request.Path))
        {
            await next(http);
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        var before = http.RequestAborted;
        http.RequestAborted = limit.Token;
        var response = next(http);
        Assert.True(await _mayTimeOut.WaitAsync(Patience));
        await limit.CancelAsync();
        await response;
        http.RequestAborted = before;
    }

    private sealed class Unlooked : IOutputCachePolicy
    {
        public ValueTask CacheRequestAsync(OutputCacheContext context, CancellationToken cancellation)
        {
            context.AllowCacheLookup &= !context.HttpContext.Request.Path.Value!.Contains("unlooked", StringComparison.Ordinal);
            return default;
        }

        public ValueTask ServeFromCacheAsync(OutputCacheContext context, CancellationToken cancellation) => default;

        public ValueTask ServeResponseAsync(OutputCacheContext context, CancellationToken cancellation) => default;
    }
}
