using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace OrleansTagCache.Tests.AspNetCore;

/// <summary>A response that may be stored is a generation: who may share it, who waits for it, and what it was made from.</summary>
[Collection(AdapterCollection.Name)]
public sealed class OutputCacheGenerationTests(AdapterCluster cluster) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly string _host = $"{Guid.NewGuid():N}.test";
    private readonly string _tag = $"{Guid.NewGuid():N}";
    private readonly ConcurrentQueue<TaskCompletionSource<string>> _held = new();
    private readonly ConcurrentDictionary<string, int> _made = [];
    private readonly SemaphoreSlim _begun = new(0);
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly (TaskCompletionSource Begin, TaskCompletionSource<string> Seen) _background = (
        new(TaskCreationOptions.RunContinuationsAsynchronously), new(TaskCreationOptions.RunContinuationsAsynchronously));
    private AppNode[] _nodes = [];
    private string _source = "old";

    public async Task InitializeAsync() => _nodes = [await Start(0), await Start(1)];

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        _begun.Dispose();
        _arrived.Dispose();
    }

    [Fact]
    public async Task Request_BegunAfterAnEviction_WithoutLookUp_DoesNotJoinTheResponseBegunBefore()
    {
        var before = Get(0, "/unlooked/a");
        var first = await Begun();
        await StoreOf(1).EvictByTagAsync("held", default);
        await _arrived.WaitAsync(Patience);
        var after = Get(0, "/unlooked/a");
        Assert.True(await _arrived.WaitAsync(Patience));
        first.SetResult("old");
        Assert.Equal("old", await before.WaitAsync(Patience));
        (await Begun()).SetResult("new");
        Assert.Equal("new", await after.WaitAsync(Patience));
    }

    [Fact]
    public async Task Request_BegunAfterAnEviction_WhereTheLastResponseWasNotForStoring_DoesNotJoin()
    {
        var unstored = Get(0, "/held/cookie?unstored");
        (await Begun()).SetResult("cookie");
        await unstored.WaitAsync(Patience);
        var before = Get(0, "/held/cookie?unstored");
        var first = await Begun();
        await StoreOf(1).EvictByTagAsync("held", default);
        var after = Get(0, "/held/cookie?unstored");
        var second = await Begun();
        first.SetResult("old");
        second.SetResult("new");
        Assert.Equal("old", await before.WaitAsync(Patience));
        Assert.Equal("new", await after.WaitAsync(Patience));
    }

    [Fact]
    public async Task Waiters_OnAllNodes_WhenTheResponseIsNotForStoring_GoOnSideBySide()
    {
        var first = Get(0, "/held/side");
        var leader = await Begun();
        var others = Enumerable.Range(0, 8).Select(i => Get(i % 2, "/held/side")).ToList();
        leader.SetResult("cookie");
        await first.WaitAsync(Patience);

        // Every one has begun before the first of them ends.
        var all = new List<TaskCompletionSource<string>>();
        while (all.Count < others.Count)
        {
            all.Add(await Begun());
        }

        all.ForEach(held => held.SetResult("cookie"));
        await Task.WhenAll(others).WaitAsync(Patience);
    }

    [Fact]
    public async Task Waiter_OfAResponseThatStartsWithACookie_GoesOnBeforeItEnds()
    {
        var first = _nodes[1].Http.GetAsync(new Uri("/started", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        var writing = await Begun();
        using var answer = await first.WaitAsync(Patience);
        var second = _nodes[0].Http.GetAsync(new Uri("/started", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        var other = await Begun();
        writing.SetResult("end");
        other.SetResult("end");
        (await second.WaitAsync(Patience)).Dispose();
    }

    [Fact]
    public async Task Visitor_OfAPageWithoutLocking_DoesNotWaitForAnother()
    {
        var first = Get(0, "/unlocked/a");
        var one = await Begun();
        var second = Get(0, "/unlocked/a");
        var third = Get(1, "/unlocked/a");
        var others = new[] { await Begun(), await Begun() };
        Array.ForEach(others, held => held.SetResult("others"));
        Assert.Equal(["others", "others"], await Task.WhenAll(second, third).WaitAsync(Patience));
        one.SetResult("stored");
        Assert.Equal("stored", await first.WaitAsync(Patience));
        Assert.Equal("stored", await Get(1, "/unlocked/a").WaitAsync(Patience));
    }

    [Theory]
    [InlineData("/made/tag", "")]
    [InlineData("/made/unlooked", "unlooked")]
    public async Task Page_MadeFromAnEntry_BearsItsTags(string path, string how)
    {
        Assert.Equal("old 1", await Get(0, path, how));
        Assert.Equal("old 1", await Get(1, path));
        _source = "new";
        await cluster.Client.RevalidateTagAsync(_tag);
        Assert.Equal("new 2", await Get(0, path));
        Assert.Equal("new 2", await Get(1, path));
    }

    [Fact]
    public async Task Page_MadeAfterARevalidation_IsNotMadeFromTheStaleEntry()
    {
        Assert.Equal("old 1", await Get(0, "/made/stale"));
        _source = "new";
        await cluster.Client.RevalidateTagAsync(_tag, CacheLife.Max);
        Assert.Equal("new 1", await Get(0, "/made/fresh"));
        Assert.Equal("new 1", await Get(1, "/made/fresh"));
    }

    [Fact]
    public async Task Page_ThatRevalidates_MayAndIsNotStored_AndAFactoryInItMayNot()
    {
        Assert.Equal("1", await Get(0, "/revalidates"));
        Assert.Equal("2", await Get(0, "/revalidates"));
        Assert.Equal(nameof(InvalidOperationException), await Get(0, "/revalidates-in-a-factory"));
    }

    [Fact]
    public async Task Context_OfARequest_EndsWithIt_AndIsOnlyThereWhereTheResponseMayBeStored()
    {
        Assert.Equal("response", await Get(0, "/context"));
        Assert.Equal("none", await Get(0, "/uncached"));
        using var posted = await _nodes[0].Http.PostAsync(new Uri("/context", UriKind.Relative), null);
        Assert.Equal("none", await posted.Content.ReadAsStringAsync());

        // Its server has waited for its requests.
        await _nodes[0].DisposeAsync();
        _nodes = [_nodes[1]];
        _background.Begin.SetResult();
        Assert.Equal("none", await _background.Seen.Task.WaitAsync(Patience));
    }

    private IOutputCacheStore StoreOf(int node) => _nodes[node].Services.GetRequiredService<IOutputCacheStore>();

    /// <summary>The next response that is being made.</summary>
    private async Task<TaskCompletionSource<string>> Begun()
    {
        Assert.True(await _begun.WaitAsync(Patience), "No response was begun.");
        Assert.True(_held.TryDequeue(out var held));
        return held;
    }

    private Task<string> Hold()
    {
        var held = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _held.Enqueue(held);
        _begun.Release();
        return held.Task;
    }

    private async Task<string> Get(int node, string path, string how = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "X-How", how } } };
        using var answer = await _nodes[node].Http.SendAsync(request);
        return await answer.Content.ReadAsStringAsync();
    }

    private Task<AppNode> Start(int node) => AppNode.Start(
        cluster.Nodes[node],
        services => services.AddTagCacheOutputCache(),
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
            app.MapGet("/held/{name}", (string name, HttpContext http) => Held(http)).CacheOutput(policy => policy.Tag("held"));
            app.MapGet("/unlooked/{name}", (string name, HttpContext http) => Held(http)).CacheOutput(policy => policy.AddPolicy<Unlooked>().Tag("held"));
            app.MapGet("/unlocked/{name}", (string name, HttpContext http) => Held(http)).CacheOutput(policy => policy.SetLocking(false));
            app.MapGet("/started", async (HttpContext http) =>
            {
                http.Response.Headers.SetCookie = "session=mine";
                await http.Response.WriteAsync("begin");
                await http.Response.Body.FlushAsync();
                await http.Response.WriteAsync(await Hold());
            }).CacheOutput();
            app.MapGet("/made/{name}", async (string name, ITagCache cache) =>
            {
                var entry = await cache.GetOrCreateAsync($"{_tag}:entry", (_, _) => new ValueTask<string>(_source), new() { Tags = [_tag] });
                return $"{entry} {_made.AddOrUpdate(name, 1, (_, count) => count + 1)}";
            }).CacheOutput(policy => policy.AddPolicy<Unlooked>());
            app.MapGet("/revalidates", async (ITagCache cache) =>
            {
                var count = _made.AddOrUpdate("revalidates", 1, (_, before) => before + 1);
                await cache.RevalidatePathAsync("/revalidates");
                return $"{count}";
            }).CacheOutput();
            app.MapGet("/revalidates-in-a-factory", async (ITagCache cache) => await cache.GetOrCreateAsync($"{_tag}:factory", async (_, token) =>
            {
                try
                {
                    await cache.RevalidateTagAsync(_tag, token);
                    return "none";
                }
                catch (InvalidOperationException refused)
                {
                    return refused.GetType().Name;
                }
            })).CacheOutput();
            app.Map("/context", () =>
            {
                _ = See();
                return Now();

                async Task See()
                {
                    await _background.Begin.Task;
                    _background.Seen.TrySetResult(Now());
                }
            }).CacheOutput();
            app.MapGet("/uncached", () => Now());
        },
        _host);

    private static string Now() => CacheContext.Current is { } context ? context.IsOfResponse ? "response" : "factory" : "none";

    private async Task<string> Held(HttpContext http)
    {
        var body = await Hold();
        if (body == "cookie")
        {
            http.Response.Headers.SetCookie = "session=mine";
        }

        return body;
    }

    /// <summary>Does not look whether there is a response, on request.</summary>
    private sealed class Unlooked : IOutputCachePolicy
    {
        public ValueTask CacheRequestAsync(OutputCacheContext context, CancellationToken cancellation)
        {
            context.AllowCacheLookup &= !(context.HttpContext.Request.Path.StartsWithSegments("/unlooked") || context.HttpContext.Request.Headers["X-How"] == "unlooked");
            return default;
        }

        public ValueTask ServeFromCacheAsync(OutputCacheContext context, CancellationToken cancellation) => default;

        public ValueTask ServeResponseAsync(OutputCacheContext context, CancellationToken cancellation) => default;
    }
}
