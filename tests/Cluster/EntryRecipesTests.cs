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

    private sealed class Source
    {
        public int Calls { get; private set; }

        public ValueTask<Page> Find(string id, CancellationToken cancellationToken) => Made(new Page(id, IsDraft: true));

        public ValueTask<string?> FindUser(string id, CancellationToken cancellationToken) => Made(id.Length == 0 ? id : null);

        public ValueTask<Ticket> SignIn(string id, CancellationToken cancellationToken) => Made(new Ticket(id, TimeSpan.FromMinutes(5)));

        public ValueTask<string> FindText(string id, CancellationToken cancellationToken) => Made(id);

        private ValueTask<T> Made<T>(T value)
        {
            Calls++;
            return new(value);
        }

        public sealed record Page(string Id, bool IsDraft);

        public sealed record Ticket(string Id, TimeSpan GoodFor);
    }
}
