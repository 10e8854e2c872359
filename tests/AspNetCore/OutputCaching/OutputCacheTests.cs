using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace OrleansTagCache.Tests.AspNetCore;

/// <summary>Output caching over two nodes of an application and three silos.</summary>
[Collection(AdapterCollection.Name)]
public sealed class OutputCacheTests(AdapterCluster cluster) : IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, int> _made = [];

    /// <summary>Of this test alone: the host is a part of the keys.</summary>
    private readonly string _host = $"{Guid.NewGuid():N}.test";
    private AppNode[] _nodes = [];
    private string _source = "old";
    private (TaskCompletionSource Begun, TaskCompletionSource MayEnd) _slow = (new(), new());

    public async Task InitializeAsync()
    {
        _nodes = [await Start(cluster.Nodes[0]), await Start(cluster.Nodes[1])];
    }

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("tag")]
    [InlineData("path")]
    [InlineData("path of another case")]
    [InlineData("page")]
    [InlineData("layout")]
    [InlineData("root layout")]
    [InlineData("everything")]
    public async Task Eviction_OnOneNode_IsSeenByTheNextRequestOfAnyNode(string what)
    {
        for (var round = 0; round < 3; round++)
        {
            _source = $"{what} {round}";
            foreach (var node in _nodes)
            {
                Assert.Equal(_source, await Get(node, "/blog/a?page=1"));
            }

            _source = $"{what} {round} changed";
            Assert.Equal($"{what} {round}", await Get(_nodes[1], "/blog/a?page=1"));
            await Evict(_nodes[round % 2], what);
            Assert.All(await Task.WhenAll(_nodes.Select(node => Get(node, "/blog/a?page=1"))), body => Assert.Equal(_source, body));
            await Evict(_nodes[0], "tag");
        }
    }

    /// <summary>While its tag is held every response is made anew, and none is stored; and no request waits for another's.</summary>
    [Fact]
    public async Task Request_UnderAHold_IsMadeAnew_OnAnyNode()
    {
        Assert.Equal("old", await Get(_nodes[0], "/blog/a"));
        Assert.Equal("old", await Get(_nodes[1], "/blog/a"));
        ITagHold hold;
        using (ServerAction.Begin())
        {
            hold = await cluster.Client.HoldAsync(["page"]);
        }

        Assert.Equal("old", await Get(_nodes[0], "/blog/a"));
        _source = "new";
        Assert.Equal("new", await Get(_nodes[0], "/blog/a"));
        Assert.Equal("new", await Get(_nodes[1], "/blog/a"));
        Assert.Equal(4, _made["/blog/a"]);

        var slow = Get(_nodes[0], "/slow");
        await _slow.Begun.Task.Soon();
        _slow.MayEnd.SetResult();
        Assert.Equal("new", await slow.Soon());
        (_slow, _source) = ((new(), new()), "newer");
        var first = Get(_nodes[0], "/slow");
        await _slow.Begun.Task.Soon();
        var mayEnd = _slow.MayEnd;
        _slow = (new(), new());
        _slow.MayEnd.SetResult();
        Assert.Equal("newer", await Get(_nodes[0], "/slow").Soon());
        mayEnd.SetResult();
        Assert.Equal("newer", await first.Soon());

        Assert.True(await hold.ReleaseAsync());
        await cluster.NothingIsHeld();
        Assert.Equal("newer", await Get(_nodes[0], "/blog/a"));
        Assert.Equal("newer", await Get(_nodes[1], "/blog/a"));
        Assert.Equal(5, _made["/blog/a"]);
    }

    [Fact]
    public async Task Eviction_OfAnother_LeavesItAlone()
    {
        Assert.Equal("old", await Get(_nodes[0], "/blog/a"));
        _source = "new";
        var cache = _nodes[1].Services.GetRequiredService<ITagCache>();
        await cache.RevalidatePathAsync("/blog/b");
        await cache.RevalidatePathAsync("/blog/{slug}/comments", PathKind.Page);
        await cache.RevalidatePathAsync("/blog/{slug}", PathKind.Layout);
        Assert.Equal("new", await Get(_nodes[0], "/blog/a"));
        _source = "newer";
        await cache.RevalidatePathAsync("/shop", PathKind.Layout);
        await cache.RevalidateTagAsync("another");
        Assert.Equal("new", await Get(_nodes[0], "/blog/a"));
        await Assert.ThrowsAsync<ArgumentException>(() => cache.RevalidatePathAsync("blog").AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => cache.RevalidatePathAsync("/{", PathKind.Page).AsTask());
    }

    [Fact]
    public async Task Eviction_WhileAResponseIsProduced_LeavesItToItsOwnRequest()
    {
        var producing = Get(_nodes[0], "/slow");
        await _slow.Begun.Task.Soon();
        await Evict(_nodes[1], "tag");
        var mayEnd = _slow.MayEnd;
        _slow = (new(), new());
        _slow.MayEnd.SetResult();
        _source = "new";
        mayEnd.SetResult();
        Assert.Equal("old", await producing);
        Assert.Equal("new", await Get(_nodes[1], "/slow"));
        Assert.Equal("new", await Get(_nodes[0], "/slow"));
    }

    [Fact]
    public async Task ColdNode_ServesWhatAnotherStored()
    {
        Assert.Equal("old", await Get(_nodes[0], "/blog/cold"));
        await using var cold = await Start(cluster.Nodes[2]);
        _source = "new";
        Assert.Equal("old", await Get(cold, "/blog/cold"));
        Assert.Equal(1, _made["/blog/cold"]);
    }

    [Fact]
    public async Task Stampede_OverNodes_ProducesOneResponse()
    {
        var requests = Enumerable.Range(0, 20).Select(i => Get(_nodes[i % 2], "/slow?stampede")).ToList();
        await _slow.Begun.Task.Soon();
        _slow.MayEnd.SetResult();
        Assert.All(await Task.WhenAll(requests), body => Assert.Equal("old", body));
        Assert.Equal(1, _made["/slow"]);
    }

    [Fact]
    public async Task ResponseThatIsNotForStoring_IsProducedForEachRequest_SideBySide()
    {
        Assert.Equal("1", await Get(_nodes[0], "/cookie"));
        Assert.Equal("2", await Get(_nodes[0], "/cookie"));
        Assert.Equal("3", await Get(_nodes[1], "/cookie"));
        var both = Enumerable.Range(0, 2).Select(_ => Get(_nodes[0], "/meet")).ToList();
        Assert.All(await Task.WhenAll(both), body => Assert.Equal("met", body));
    }

    [Fact]
    public async Task Store_OutsideOfARequest_KeepsItsContract()
    {
        var (one, other) = (StoreOf(0), StoreOf(1));
        Assert.Null(await one.GetAsync("store\u001f?", default));
        string[] tags = ["store"];
        byte[] value = [1, 2];
        await one.SetAsync("store\u001f?", value, tags, TimeSpan.FromMinutes(1), default);
        (tags[0], value[0]) = ("changed", 9);
        Assert.Equal([1, 2], await other.GetAsync("store\u001f?", default));
        await other.EvictByTagAsync("changed", default);
        Assert.Equal([1, 2], await one.GetAsync("store\u001f?", default));
        await other.EvictByTagAsync("store", default);
        Assert.Null(await one.GetAsync("store\u001f?", default));
        await Assert.ThrowsAsync<ArgumentNullException>("key", () => one.GetAsync(null!, default).AsTask());
        await Assert.ThrowsAsync<ArgumentNullException>("key", () => one.SetAsync(null!, [], null, TimeSpan.FromMinutes(1), default).AsTask());
        await Assert.ThrowsAsync<ArgumentNullException>("value", () => one.SetAsync("k", null!, null, TimeSpan.FromMinutes(1), default).AsTask());
        await Assert.ThrowsAsync<ArgumentNullException>("tag", () => one.EvictByTagAsync(null!, default).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => one.SetAsync("k", [], [null!], TimeSpan.FromMinutes(1), default).AsTask());

        IOutputCacheStore StoreOf(int node) => _nodes[node].Services.GetRequiredService<IOutputCacheStore>();
    }

    private Task<AppNode> Start(IServiceProvider process) => AppNode.Start(
        process,
        services => services.AddTagCacheOutputCache(),
        app =>
        {
            app.UseOutputCache();
            app.MapGet("/blog/{slug:minlength(1)}", (HttpContext http) => Make(http)).CacheOutput(policy => policy.Tag("page"));
            app.MapGet("/slow", async (HttpContext http) =>
            {
                var (source, slow) = (_source, _slow);
                slow.Begun.TrySetResult();
                await slow.MayEnd.Task.Soon();
                Make(http);
                return source;
            }).CacheOutput(policy => policy.Tag("page"));
            app.MapGet("/cookie", (HttpContext http) =>
            {
                http.Response.Cookies.Append("session", "mine");
                Make(http);
                return $"{_made["/cookie"]}";
            }).CacheOutput();
            app.MapGet("/meet", async (HttpContext http) =>
            {
                http.Response.Headers.SetCookie = "session=mine";
                if (_made.AddOrUpdate("/meet", 1, (_, count) => count + 1) == 2)
                {
                    _slow.MayEnd.TrySetResult();
                }

                await _slow.MayEnd.Task.Soon();
                return "met";
            }).CacheOutput(policy => policy.SetLocking(false));
        },
        _host);

    private string Make(HttpContext http)
    {
        _made.AddOrUpdate(http.Request.Path, 1, (_, count) => count + 1);
        return _source;
    }

    private static async Task Evict(AppNode node, string what)
    {
        var cache = node.Services.GetRequiredService<ITagCache>();
        await (what switch
        {
            "tag" => node.Services.GetRequiredService<IOutputCacheStore>().EvictByTagAsync("page", default),
            "path" => cache.RevalidatePathAsync("/blog/a/"),
            "path of another case" => cache.RevalidatePathAsync("/Blog/A"),
            "page" => cache.RevalidatePathAsync("/blog/{slug}", PathKind.Page),
            "layout" => cache.RevalidatePathAsync("/blog", PathKind.Layout),
            "root layout" => cache.RevalidatePathAsync("/", PathKind.Layout),
            _ => cache.RevalidateTagAsync("*"),
        });
    }

    private static Task<string> Get(AppNode node, string path) => node.Http.GetStringAsync(new Uri(path, UriKind.Relative));
}
