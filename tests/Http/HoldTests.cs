using OrleansTagCache.Coherence;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary><c>POST /v1/tags/hold</c> and <c>POST /v1/tags/release</c>.</summary>
[Collection(SiloCollection.Name)]
public sealed class HoldTests(SiloServer silo)
{
    private readonly HttpClient _http = silo.Http;

    [Fact]
    public async Task Hold_SaysForHowLongItIsHeld_CountedFromBeforeTheCall()
    {
        var reply = await _http.Hold(["hold:a", "hold:b", "hold:a"], atMost: 20);

        Assert.Equal((200, "no-store"), (reply.Status, reply.Header("Cache-Control")));
        Assert.Equal(["id", "tags", "members", "heldSeconds", "elapsedMs"], reply.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal((2, 1), (reply.Json.GetProperty("tags").GetInt32(), reply.Json.GetProperty("members").GetInt32()));
        var (held, elapsed) = (reply.Json.GetProperty("heldSeconds").GetDouble(), reply.Json.GetProperty("elapsedMs").GetDouble());
        Assert.InRange(held, LeaseTerms.Usable(TimeSpan.FromSeconds(20)).TotalSeconds, LeaseTerms.Usable(TimeSpan.FromSeconds(20) + TimeSpan.FromMilliseconds(elapsed)).TotalSeconds);
        IsReleased(await _http.Release(reply.Json.GetProperty("id").GetString(), "hold:b", "hold:a"), wasHeld: true, tags: 2);
    }

    [Fact]
    public async Task Hold_ExpiresItsTags_AndKeepsEverythingUnderThemFromBeingStored()
    {
        (await _http.Put("held:1", "old", "&tag=held:tag")).IsDone();
        var id = await _http.TakeHold("held:tag");

        var token = await _http.TakeToken("held:1");
        (await _http.Put("held:1", "generated", "&tag=held:tag", token)).IsProblem(409, "superseded");
        (await _http.Put("held:1", "set", "&tag=held:tag")).IsDone();
        (await _http.Put("held:other", "free", "&tag=held:another")).IsDone();

        var after = await _http.TakeToken("held:1");
        (await _http.Read("held:other")).IsHit("free");
        IsReleased(await _http.Release(id, "held:tag"), wasHeld: true);

        // It may have been made before the change.
        (await _http.Put("held:1", "generated", "&tag=held:tag", after)).IsProblem(409, "superseded");
        (await _http.Put("held:1", "new", "&tag=held:tag", await _http.TakeToken("held:1"))).IsDone();
        (await _http.Read("held:1")).IsHit("new");
    }

    [Fact]
    public async Task Release_Again_IsAnUpdate()
    {
        var id = await _http.TakeHold("again:tag");
        IsReleased(await _http.Release(id, "again:tag"), wasHeld: true);
        (await _http.Put("again:1", "stored", "&tag=again:tag")).IsDone();

        IsReleased(await _http.Release(id, "again:tag"), wasHeld: false);

        await _http.TakeToken("again:1");
    }

    /// <summary>An identity is good for the tags that are held under it, and for no others.</summary>
    [Fact]
    public async Task Release_OfOtherTags_UpdatesThem_AndLeavesTheHold()
    {
        var id = await _http.TakeHold("mine:tag");
        (await _http.Put("mine:other", "stored", "&tag=mine:another")).IsDone();

        IsReleased(await _http.Release(id, "mine:another"), wasHeld: false);
        IsReleased(await _http.Release(id, "mine:tag", "mine:another"), wasHeld: false, tags: 2);

        await _http.TakeToken("mine:other");
        IsReleased(await _http.Release(id, "mine:tag"), wasHeld: true);
    }

    [Theory]
    [InlineData("")]
    [InlineData("unknown")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task Release_OfAnUnknownIdentity_IsAnUpdate(string id)
    {
        (await _http.Put($"unknown:{id.Length}", "stored", "&tag=unknown:tag")).IsDone();

        IsReleased(await _http.Release(id, "unknown:tag"), wasHeld: false);

        await _http.TakeToken($"unknown:{id.Length}");
    }

    [Fact]
    public async Task Cluster_ShowsWhatIsHeld_AndTheOldest()
    {
        var id = await _http.TakeHold("shown:tag");

        var holds = Assert.Single((await _http.Ask("/v1/cluster")).Json.GetProperty("members").EnumerateArray()).GetProperty("holds");

        Assert.InRange(holds.GetProperty("held").GetInt32(), 1, 10);
        Assert.InRange(holds.GetProperty("oldestSeconds").GetDouble(), 0, 61);
        IsReleased(await _http.Release(id, "shown:tag"), wasHeld: true);
    }

    private static void IsReleased(Reply reply, bool wasHeld, int tags = 1)
    {
        Assert.Equal((200, "no-store"), (reply.Status, reply.Header("Cache-Control")));
        Assert.Equal(["held", "tags", "elapsedMs"], reply.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal((wasHeld, tags), (reply.Json.GetProperty("held").GetBoolean(), reply.Json.GetProperty("tags").GetInt32()));
    }
}
