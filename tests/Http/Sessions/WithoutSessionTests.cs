using System.Net.WebSockets;
using OrleansTagCache.Http.Sessions;
using OrleansTagCache.Sessions;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>Clients that keep nothing, and read over a WebSocket: the silo answers them, and waits for none of them.</summary>
public sealed class WithoutSessionTests(SessionSilo silo) : IClassFixture<SessionSilo>
{
    private Uri Silo => silo.Http.BaseAddress!;

    [Fact]
    public async Task Client_ThatKeepsNothing_GetsNoSession()
    {
        var before = silo.Get<ClientSessions>().Counts.Sessions;
        var (caller, welcome) = await SessionCaller.Open(Silo, silo.All, "keep=false");
        await using var ending = caller;
        Assert.Equal((0, TimeSpan.Zero), (welcome.Session, welcome.Grant));
        Assert.Equal([welcome.Silo], welcome.Silos);
        Assert.Equal(before, silo.Get<ClientSessions>().Counts.Sessions);

        // Not as to a client whose session was lost, which would connect anew.
        await caller.Send(FrameKind.Renew);
        var renewed = DoneTold.Of(await caller.Next(FrameKind.Done));
        Assert.Equal((false, TimeSpan.Zero), (renewed.IsSessionLost, renewed.Grant));
    }

    [Fact]
    public async Task Update_DoesNotWaitForIt_AndItsNextReadFindsNothing()
    {
        using var shop = silo.With(silo.All);
        var (caller, _) = await SessionCaller.Open(Silo, silo.All, "keep=false");
        await using var ending = caller;

        await caller.Acquire("unkept");
        var miss = EntryTold.Of(await caller.Next(FrameKind.Entry));
        await caller.Commit("unkept", miss.Token, "one"u8.ToArray(), "unkept:a");
        var stored = DoneTold.Of(await caller.Next(FrameKind.Done));
        Assert.Equal((0, false, false), (stored.Status, stored.MayKeep, stored.IsSessionLost));
        await caller.Acquire("unkept", soft: "unkept:soft");
        var hit = EntryTold.Of(await caller.Next(FrameKind.Entry));
        Assert.Equal((0, false, "one", TimeSpan.Zero), (hit.Status, hit.MayKeep, hit.Value, hit.Grant));

        // It acknowledges nothing, and nothing is pushed: the next frame is the answer to the next read.
        Assert.Equal(200, (await shop.Post("/v1/tags/update", new { tags = new[] { "unkept:a", "unkept:soft" } })).Status);
        await caller.Acquire("unkept", mayGenerate: false);
        var told = await caller.Next() ?? throw new InvalidOperationException("The connection has ended.");
        Assert.Equal(FrameKind.Entry, told.Kind);
        Assert.Equal(2, EntryTold.Of(told).Status);
    }

    [Theory]
    [InlineData("keep=no")]
    [InlineData("keep=")]
    [InlineData("keep=false&keep=true")]
    public async Task Keep_IsTrueOrFalse(string query)
    {
        var refused = await Assert.ThrowsAsync<WebSocketException>(() => SessionCaller.Connect(Silo, silo.All, query));
        Assert.Contains("400", refused.Message, StringComparison.Ordinal);
    }
}
