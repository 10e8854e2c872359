using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>The code of docs/how-to/entries.md does what the page says. What stands between the marks is shown there.</summary>
[Collection(ClusterCollection.Name)]
public sealed class EntryRecipesTests(TagCacheCluster cluster)
{
    [Fact]
    public async Task ValueThatIsNotForStoring_IsNotStored()
    {
        var (cache, source) = (cluster.Client, new Source());
        var (id, cancellationToken) = ("recipe-unstored", CancellationToken.None);

        // <readme: unstored>
        var page = await cache.GetOrCreateAsync($"page:{id}", async (context, token) =>
        {
            var found = await source.Find(id, token);
            if (found.IsDraft)
            {
                context.DoNotStore();
            }

            return found;
        });

        var user = await cache.GetOrCreateAsync(
            $"user:{id}",
            (_, token) => source.FindUser(id, token),
            new() { StoreNull = false });
        // </readme>

        Assert.True(page.IsDraft);
        Assert.Null(user);
        Assert.Empty(await cluster.Silos[0].GetManyAsync<object>([$"page:{id}", $"user:{id}"], cancellationToken));
    }

    [Fact]
    public async Task LifeFromTheResult_IsTheEntrys()
    {
        var (cache, source) = (cluster.Client, new Source());
        var id = "recipe-life";

        // <readme: life>
        var token = await cache.GetOrCreateAsync($"token:{id}", async (context, cancellationToken) =>
        {
            var made = await source.SignIn(id, cancellationToken);
            context.Life(CacheLife.For(made.GoodFor - TimeSpan.FromSeconds(30)));
            return made;
        });
        // </readme>

        Assert.Equal(TimeSpan.FromSeconds(270), (await cluster.Silos[0].TryGetAsync<Source.Ticket>($"token:{id}")).Life!.Expire);
        Assert.Equal(TimeSpan.FromMinutes(5), token.GoodFor);
    }

    [Fact]
    public async Task SlidingEntry_IsStoredAsOne()
    {
        var (cache, source) = (cluster.Client, new Source());
        var id = "recipe-sliding";

        // <readme: sliding>
        var basket = await cache.GetOrCreateAsync(
            $"basket:{id}",
            (_, cancellationToken) => source.FindText(id, cancellationToken),
            new() { Sliding = TimeSpan.FromMinutes(20), Life = CacheLife.For(TimeSpan.FromHours(8)) });
        // </readme>

        Assert.Equal(id, basket);
        Assert.Equal(id, (await cluster.Silos[0].TryGetAsync<string>($"basket:{id}")).Value);
    }

    [Fact]
    public async Task EntryOfASourceThatHasNotChanged_IsKept()
    {
        var (cache, source) = (cluster.Client, new Source());
        var id = "recipe-feed";
        for (var i = 0; i < 2; i++)
        {
            // <readme: not-modified>
            var feed = await cache.GetOrCreateAsync($"feed:{id}", async (context, cancellationToken) =>
            {
                context.TryGetStale<Feed>(out var old);
                var answer = await source.Ask(id, ifNoneMatch: old?.ETag, cancellationToken);
                context.Life(answer.Life);
                return answer.IsNotModified ? context.NotModified<Feed>() : new Feed(answer.Text, answer.ETag);
            });
            // </readme>

            Assert.Equal(new Feed("text", "etag"), feed);
        }

        Assert.Equal(1, source.NotModified);
        Assert.Equal(CacheLife.Hours.ToString(), (await cluster.Silos[0].TryGetAsync<Feed>($"feed:{id}")).Life!.ToString());
    }

    [Fact]
    public async Task EntryWithAnEagerRefresh_IsStored()
    {
        var (cache, source) = (cluster.Client, new Source());
        var id = "recipe-eager";

        // <readme: eager>
        var prices = await cache.GetOrCreateAsync(
            $"prices:{id}",
            (_, cancellationToken) => source.FindText(id, cancellationToken),
            new() { Life = CacheLife.For(TimeSpan.FromMinutes(10)), EagerRefresh = 0.8, AllowBackgroundRefresh = true });
        // </readme>

        Assert.Equal(id, prices);
        Assert.Equal(id, (await cluster.Silos[0].TryGetAsync<string>($"prices:{id}")).Value);
    }

    [Fact]
    public async Task UpdateOfAPrefix_ExpiresWhatIsUnderIt_AndNothingElse()
    {
        var (cache, source) = (cluster.Client, new Source());
        foreach (var key in (string[])["shop/de/1", "shop/de/2", "shop/fr/1", "shop/dental"])
        {
            // <readme: prefix>
            var text = await cache.GetOrCreateAsync(
                key,
                (_, cancellationToken) => source.FindText(key, cancellationToken),
                new() { Tags = PrefixesOf(key) });                      // of shop/de/1: "under:shop" and "under:shop/de"
            // </readme>

            Assert.Equal(key, text);
        }

        using (ServerAction.Begin())
        {
            // <readme: remove-prefix>
            await cache.UpdateTagAsync("under:shop/de");                // in a server action; RevalidateTagAsync anywhere
            // </readme>
        }

        Assert.All(await Task.WhenAll(cluster.Everyone.Select(each => each.GetManyAsync<string>(["shop/de/1", "shop/de/2", "shop/fr/1", "shop/dental"]).AsTask())), found =>
            Assert.Equal(["shop/dental", "shop/fr/1"], found.Keys.Order(StringComparer.Ordinal)));

        // <readme: prefixes-of>
        static string[] PrefixesOf(string key) =>
            [.. key.Index().Where(unit => unit.Item == '/').Select(unit => $"under:{key[..unit.Index]}")];
        // </readme>
    }

    private sealed record Feed(string Text, string ETag);

    private sealed class Source
    {
        public int Calls { get; private set; }

        public ValueTask<Page> Find(string id, CancellationToken cancellationToken) => Made(new Page(id, IsDraft: true));

        public ValueTask<string?> FindUser(string id, CancellationToken cancellationToken) => Made(id.Length == 0 ? id : null);

        public ValueTask<Ticket> SignIn(string id, CancellationToken cancellationToken) => Made(new Ticket(id, TimeSpan.FromMinutes(5)));

        public ValueTask<string> FindText(string id, CancellationToken cancellationToken) => Made(id);

        public int NotModified { get; private set; }

        /// <summary>What it gives first is stale at once.</summary>
        public ValueTask<Answer> Ask(string id, string? ifNoneMatch, CancellationToken cancellationToken)
        {
            NotModified += ifNoneMatch == "etag" ? 1 : 0;
            return Made(ifNoneMatch == "etag"
                ? new Answer(true, string.Empty, string.Empty, CacheLife.Hours)
                : new Answer(false, "text", "etag", new(TimeSpan.Zero, TimeSpan.FromTicks(1), TimeSpan.FromDays(1))));
        }

        private ValueTask<T> Made<T>(T value)
        {
            Calls++;
            return new(value);
        }

        public sealed record Answer(bool IsNotModified, string Text, string ETag, CacheLife Life);

        public sealed record Page(string Id, bool IsDraft);

        public sealed record Ticket(string Id, TimeSpan GoodFor);
    }
}
