using OrleansTagCache.Contracts;
using OrleansTagCache.Http.Streams;
using OrleansTagCache.Invalidation;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>Evictions in <c>/v1/events</c>: told to those who ask for them, of their namespace, beside the updates.</summary>
public sealed class EvictionsTests(CrampedSilo silo) : IClassFixture<CrampedSilo>
{
    private static readonly SiloAddress One = SiloAddress.New(new(System.Net.IPAddress.Loopback, 1), 1);
    private static readonly SiloAddress Two = SiloAddress.New(new(System.Net.IPAddress.Loopback, 2), 2);

    [Fact]
    public async Task Evictions_AreToldToThoseWhoAskForThem_InTheirNamespace()
    {
        using var shop = silo.With(silo.Shop);
        using var blog = silo.With(silo.Blog);
        var position = silo.Get<Invalidator>().EventsFromNow().Position.ToString();
        await using var evictions = await EventReader.Open(shop, "/v1/events?types=update,evict", position);
        await using var other = await EventReader.Open(blog, "/v1/events?types=update,evict", position);
        await using var updates = await EventReader.Open(shop, "/v1/events", position);
        foreach (var reader in (EventReader[])[evictions, other])
        {
            var gap = await reader.Next("gap");
            Assert.Equal(["since", "reason", "of"], gap.EnumerateObject().Select(property => property.Name));
            Assert.Equal(("new_reader", "evict"), (gap.GetProperty("reason").GetString(), gap.GetProperty("of").GetString()));
        }

        for (var i = 0; i < 3 * CrampedSilo.Entries; i++)
        {
            (await shop.Put($"evict:{i}", "1", $"&life=hours&tag=evict:{i}")).IsDone();
        }

        var told = new HashSet<string?>();
        while (told.Count < 2 * CrampedSilo.Entries)
        {
            var evicted = await evictions.Next("evict");
            Assert.Equal(["at", "tags", "silo"], evicted.EnumerateObject().Select(property => property.Name));
            Assert.Equal(silo.Get<Orleans.Runtime.ILocalSiloDetails>().SiloAddress.ToString(), evicted.GetProperty("silo").GetString());

            // Entries of other tests go, too.
            told.UnionWith(evicted.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()).Where(tag => tag!.StartsWith("evict:", StringComparison.Ordinal)));
        }

        // Who has not asked, or is of another namespace, is told of the updates alone.
        Assert.Equal(200, (await shop.Update("evict:end")).Status);
        Assert.Equal(200, (await blog.Update("evict:end")).Status);
        await updates.Next("update");
        await other.Next("update");
        while ((await evictions.Next())!.Value.Name != "update")
        {
        }
    }

    [Fact]
    public async Task Evictions_OfOtherTagsThanThoseAskedFor_AreNotTold()
    {
        using var shop = silo.With(silo.Shop);
        await using var evictions = await EventReader.Open(shop, "/v1/events?types=evict&tag=few:1");
        await evictions.Next("gap");
        for (var i = 0; i < 2 * CrampedSilo.Entries; i++)
        {
            (await shop.Put($"few:{i}", "1", $"&life=hours&tag=few:{i}&tag=few:all")).IsDone();
        }

        var told = await evictions.Next("evict");
        Assert.Equal(["few:1"], told.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()));
    }

    [Fact]
    public async Task Silo_IsAskedOnlyWhileSomeoneReads()
    {
        using var shop = silo.With(silo.Shop);
        var feed = silo.Get<EvictionFeed>();
        await silo.NoRequestRuns();
        await using (var updates = await EventReader.Open(shop, "/v1/events"))
        {
            Assert.Equal(0, feed.Readers);
        }

        await using (var evictions = await EventReader.Open(shop, "/v1/events?types=evict"))
        {
            await evictions.Next("gap");
            Assert.Equal(1, feed.Readers);
        }

        await silo.NoRequestRuns();
        Assert.Equal(0, feed.Readers);
    }

    [Fact]
    public void Places_TellOfEveryGap()
    {
        var places = new EvictionPlaces();
        Assert.Equal("members", places.Take([(One, Answer(5))]));
        Assert.Equal(5, places.Of(One));
        Assert.Null(places.Take([(One, Answer(7))]));
        Assert.Equal("lost", places.Take([(One, Answer(9, hasLost: true))]));

        // Silence is told once; what was recorded meanwhile is not lost.
        Assert.Equal("no_answer", places.Take([(One, null)]));
        Assert.Null(places.Take([(One, null)]));
        Assert.Equal(9, places.Of(One));
        Assert.Null(places.Take([(One, Answer(10))]));

        // One that comes and does not answer at first has recorded nothing until it does.
        Assert.Equal("members", places.Take([(One, Answer(11)), (Two, null)]));
        Assert.Null(places.Take([(One, Answer(12)), (Two, null)]));
        Assert.Equal("no_answer", places.Take([(One, Answer(13)), (Two, Answer(1))]));
        Assert.Null(places.Take([(One, Answer(14)), (Two, Answer(1))]));
        Assert.Equal("members", places.Take([(Two, Answer(1))]));
        Assert.Null(places.Of(One));
    }

    private static EvictedOnSilo Answer(long position, bool hasLost = false) => new(position, [], hasLost);
}

/// <summary>A silo that keeps few entries, with keys of two namespaces.</summary>
public sealed class CrampedSilo : SiloServer
{
    public const int Entries = 5;

    private readonly List<string> _settings = [$"--TagCache:MaximumEntries={Entries}"];

    public CrampedSilo() => (Shop, Blog) = (Add("shop"), Add("blog"));

    public string Shop { get; }

    public string Blog { get; }

    protected override string[] Settings => [.. _settings];

    /// <summary>A client that sends that key with every call.</summary>
    public HttpClient With(string key)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Http.BaseAddress };
        http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return http;
    }

    private string Add(string ns)
    {
        var (id, text) = OrleansTagCache.Http.Authentication.ApiKeyText.Create();
        var path = $"--TagCache:Access:Keys:{id}";
        _settings.AddRange([$"{path}:Hash={Convert.ToHexString(OrleansTagCache.Http.Authentication.ApiKeyText.Hash(text))}", $"{path}:Namespace={ns}", $"{path}:Scopes=read,write,invalidate"]);
        return text;
    }
}
