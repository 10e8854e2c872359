using System.Net.WebSockets;
using OrleansTagCache.Http.Sessions;
using OrleansTagCache.Sessions;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>Sessions over WebSockets against a real silo: what is kept, what is told, and when an update is complete.</summary>
public sealed class SessionTests(SessionSilo silo) : IClassFixture<SessionSilo>
{
    private Uri Silo => silo.Http.BaseAddress!;

    [Fact]
    public async Task Hello_OpensASession()
    {
        var (caller, welcome) = await SessionCaller.Open(Silo, silo.All);
        await using var ending = caller;
        Assert.True(welcome.Session > 0);
        Assert.InRange(welcome.Grant, TimeSpan.FromMilliseconds(1), SessionSilo.Lease);
        Assert.Equal([welcome.Silo], welcome.Silos);
        Assert.Equal("shop", welcome.Namespace);
        Assert.Equal(SessionConnection.MaximumRequests, welcome.MaximumRequests);

        await caller.Send(FrameKind.Renew);
        var renewed = DoneTold.Of(await caller.Next(FrameKind.Done));
        Assert.False(renewed.IsSessionLost);
        Assert.InRange(renewed.Grant, TimeSpan.FromMilliseconds(1), SessionSilo.Lease);
    }

    [Fact]
    public async Task Entry_IsMadeKeptAndLetGoOf()
    {
        using var shop = silo.With(silo.All);
        var (caller, _) = await SessionCaller.Open(Silo, silo.All);
        await using var ending = caller;

        await caller.Acquire("made");
        var miss = EntryTold.Of(await caller.Next(FrameKind.Entry));
        Assert.Equal((2, false), (miss.Status, miss.MayKeep));
        Assert.NotEqual("", miss.AsOf);
        var request = await caller.Commit("made", miss.Token, "one"u8.ToArray(), "made:a", "made:b");
        var committed = await caller.Next(FrameKind.Done);
        Assert.Equal(request, committed.Request);
        var stored = DoneTold.Of(committed);
        Assert.Equal((0, true, false), (stored.Status, stored.MayKeep, stored.IsSessionLost));

        await caller.Acquire("made");
        var hit = EntryTold.Of(await caller.Next(FrameKind.Entry));
        Assert.Equal((0, true, "one", "text/plain", ""), (hit.Status, hit.MayKeep, hit.Value, hit.Type, hit.Token));
        Assert.Equal(["made:a", "made:b"], hit.Tags);
        Assert.InRange(hit.Grant, TimeSpan.FromMilliseconds(1), SessionSilo.Lease);

        // The update is complete when this client has let go, and not before.
        var updating = shop.Post("/v1/tags/update", new { tags = new[] { "made:a" } });
        var push = PushTold.Of(await caller.Next(FrameKind.Push));
        Assert.Equal(["tag made:a"], push.Names);
        Assert.False(updating.IsCompleted);
        await caller.Acknowledge(push.Number);
        Assert.Equal(200, (await updating).Status);

        await caller.Acquire("made", mayGenerate: false);
        Assert.Equal(2, EntryTold.Of(await caller.Next(FrameKind.Entry)).Status);
    }

    [Fact]
    public async Task Key_ThatIsRemoved_IsPushed_AndOtherNamespacesAreNot()
    {
        using var shop = silo.With(silo.All);
        using var blog = silo.With(silo.Other);
        var (caller, _) = await SessionCaller.Open(Silo, silo.All);
        await using var ending = caller;
        (await shop.Put("removed", "one", "&tag=both")).IsDone();
        (await blog.Put("removed", "other", "&tag=both")).IsDone();
        await caller.Acquire("removed");
        Assert.True(EntryTold.Of(await caller.Next(FrameKind.Entry)).MayKeep);

        // None of these waits for the client.
        Assert.Equal(204, (await blog.Send(HttpMethod.Delete, "/v1/entry?key=removed")).Status);
        Assert.Equal(200, (await blog.Post("/v1/tags/update", new { tags = new[] { "both", "*" } })).Status);

        var removing = shop.Send(HttpMethod.Delete, "/v1/entry?key=removed");
        var push = PushTold.Of(await caller.Next(FrameKind.Push));
        Assert.Equal(["key removed"], push.Names);
        await caller.Acknowledge(push.Number);
        Assert.Equal(204, (await removing).Status);
    }

    [Fact]
    public async Task Connection_ThatIsLost_IsWaitedForUntilItsLeaseIsOver()
    {
        using var shop = silo.With(silo.All);
        (await shop.Put("lost", "one", "&tag=lost")).IsDone();
        var (caller, _) = await SessionCaller.Open(Silo, silo.All);
        await caller.Acquire("lost");
        var begun = TimeProvider.System.GetTimestamp();
        var kept = EntryTold.Of(await caller.Next(FrameKind.Entry));
        Assert.True(kept.MayKeep);
        caller.Abort();
        await silo.NoRequestRuns();

        // The client may serve for as long as it was granted: the silo has no word of it that it does not.
        Assert.Equal(200, (await shop.Post("/v1/tags/update", new { tags = new[] { "lost" } })).Status);
        Assert.True(TimeProvider.System.GetElapsedTime(begun) > kept.Grant, "The update did not wait for the lease.");
        await caller.DisposeAsync();
    }

    [Fact]
    public async Task Session_ThatIsLeft_IsNotWaitedFor()
    {
        using var shop = silo.With(silo.All);
        (await shop.Put("left", "one", "&tag=left")).IsDone();
        var (caller, _) = await SessionCaller.Open(Silo, silo.All);
        await using var ending = caller;
        await caller.Acquire("left");
        Assert.True(EntryTold.Of(await caller.Next(FrameKind.Entry)).MayKeep);
        var broken = silo.Get<ClientSessions>().Counts.Broken;
        await caller.Send(FrameKind.Leave);
        Assert.Empty(await caller.UntilClosed());
        Assert.Equal(WebSocketCloseStatus.NormalClosure, caller.Closed);

        Assert.Equal(200, (await shop.Post("/v1/tags/update", new { tags = new[] { "left" } })).Status);

        // An update that waited for it would have ended when its session was broken.
        Assert.Equal(broken, silo.Get<ClientSessions>().Counts.Broken);
    }

    [Fact]
    public async Task Session_ThatDoesNotAnswer_IsBroken_AndKnowsIt()
    {
        using var shop = silo.With(silo.All);
        (await shop.Put("slow", "one", "&tag=slow")).IsDone();
        var (caller, _) = await SessionCaller.Open(Silo, silo.All);
        await using var ending = caller;
        await caller.Acquire("slow");
        Assert.True(EntryTold.Of(await caller.Next(FrameKind.Entry)).MayKeep);

        Assert.Equal(200, (await shop.Post("/v1/tags/update", new { tags = new[] { "slow" } })).Status);
        await caller.Send(FrameKind.Renew);
        var renewed = DoneTold.Of(await caller.Next(FrameKind.Done));
        Assert.Equal((true, TimeSpan.Zero), (renewed.IsSessionLost, renewed.Grant));

        // It is served, and keeps nothing.
        (await shop.Put("slow", "two", "&tag=slow")).IsDone();
        await caller.Acquire("slow");
        var hit = EntryTold.Of(await caller.Next(FrameKind.Entry));
        Assert.Equal(("two", false, true), (hit.Value, hit.MayKeep, hit.IsSessionLost));
    }

    [Fact]
    public async Task Update_ByTheClientItself_WaitsForItsOwnAcknowledgement()
    {
        using var shop = silo.With(silo.All);
        (await shop.Put("own", "one", "&tag=own")).IsDone();
        var (caller, _) = await SessionCaller.Open(Silo, silo.All);
        await using var ending = caller;
        await caller.Acquire("own");
        Assert.True(EntryTold.Of(await caller.Next(FrameKind.Entry)).MayKeep);
        var request = await caller.Update("own");
        var push = PushTold.Of((await caller.Next())!);
        await caller.Acknowledge(push.Number);
        var done = await caller.Next(FrameKind.Done);
        Assert.Equal((request, 1u), (done.Request, DoneTold.Of(done).Members));
    }

    [Fact]
    public async Task Waiter_GetsTheValueOfAnother()
    {
        var (caller, _) = await SessionCaller.Open(Silo, silo.All);
        await using var ending = caller;
        await caller.Acquire("waited");
        var token = EntryTold.Of(await caller.Next(FrameKind.Entry)).Token;
        var (other, _) = await SessionCaller.Open(Silo, silo.Reader);
        await using var ending2 = other;
        var waiting = Events.On(OrleansTagCache.Diagnostics.CacheEvent.ReadWaiting);
        var request = await caller.Acquire("waited", wait: 20_000);
        await waiting.Until(() => true);
        await caller.Commit("waited", token, "one"u8.ToArray());
        var hit = await caller.Next(FrameKind.Entry);
        Assert.Equal((request, "one"), (hit.Request, EntryTold.Of(hit).Value));
    }

    [Fact]
    public async Task SoftTags_ArePushedToWhoNamedThem()
    {
        using var shop = silo.With(silo.All);
        (await shop.Put("soft", "one", "&tag=hard")).IsDone();
        var (caller, _) = await SessionCaller.Open(Silo, silo.All);
        await using var ending = caller;
        await caller.Acquire("soft", soft: ["layout", "page"]);
        Assert.True(EntryTold.Of(await caller.Next(FrameKind.Entry)).MayKeep);
        await caller.Send(FrameKind.Update, frame => frame.Byte(4).Texts(["page"]));
        var push = PushTold.Of(await caller.Next(FrameKind.Push));
        Assert.Equal(["tag page"], push.Names);
        await caller.Acknowledge(push.Number);
        await caller.Next(FrameKind.Done);

        await caller.Acquire("soft", mayGenerate: false, soft: ["page"]);
        Assert.Equal(2, EntryTold.Of(await caller.Next(FrameKind.Entry)).Status);
        await caller.Acquire("soft", mayGenerate: false, soft: ["layout"]);
        Assert.Equal(("one", true), EntryTold.Of(await caller.Next(FrameKind.Entry)) is var hit ? (hit.Value, hit.MayKeep) : default);
    }

    [Fact]
    public async Task Scopes_AreAskedForEachRequest()
    {
        var (reader, _) = await SessionCaller.Open(Silo, silo.Reader);
        await using var ending = reader;
        await reader.Acquire("scoped");
        Assert.Equal("", EntryTold.Of(await reader.Next(FrameKind.Entry)).Token);
        await reader.Commit("scoped", "token", []);
        Assert.Equal((403, "forbidden"), Refused(await reader.Next(FrameKind.Refused)));
        await reader.Send(FrameKind.Abandon, frame => frame.Text("scoped").Text("token"));
        Assert.Equal((403, "forbidden"), Refused(await reader.Next(FrameKind.Refused)));
        await reader.Update("scoped");
        Assert.Equal((403, "forbidden"), Refused(await reader.Next(FrameKind.Refused)));
    }

    [Fact]
    public async Task Requests_ThatAreWrong_AreRefused_AndTheConnectionGoesOn()
    {
        var (caller, _) = await SessionCaller.Open(Silo, silo.All);
        await using var ending = caller;
        foreach (var (send, status, code) in new (Func<Task>, int, string)[]
        {
            (() => caller.Acquire(string.Empty), 400, "invalid_argument"),
            (() => caller.Acquire(new string('k', 2_000)), 400, "invalid_argument"),
            (() => caller.Update(), 400, "invalid_argument"),
            (() => caller.Update(new string('t', 257)), 400, "invalid_argument"),
            (() => caller.Update("a\u0001"), 400, "invalid_argument"),
            (() => caller.Send(FrameKind.Update, frame => frame.Byte(1).Double(-1).Texts(["a"])), 400, "invalid_argument"),
            (() => caller.Send(FrameKind.Update, frame => frame.Byte(6).Texts(["a", "b"])), 400, "invalid_argument"),
            (() => caller.Send(FrameKind.Update, frame => frame.Byte(1).Double(double.NaN).Texts(["a"])), 400, "invalid_argument"),
        })
        {
            await send();
            Assert.Equal((status, code), Refused(await caller.Next(FrameKind.Refused)));
        }

        await caller.Commit("wrong", "forged", []);
        Assert.Equal(2, DoneTold.Of(await caller.Next(FrameKind.Done)).Status);
    }

    [Fact]
    public async Task RefusedCommit_EndsItsToken()
    {
        var (caller, _) = await SessionCaller.Open(Silo, silo.All);
        await using var ending = caller;
        await caller.Acquire("refused");
        var token = EntryTold.Of(await caller.Next(FrameKind.Entry)).Token;
        await caller.Commit("refused", token, new byte[SessionSilo.MaximumPayloadBytes + 1]);
        Assert.Equal((413, "payload_too_large"), Refused(await caller.Next(FrameKind.Refused)));
        await caller.Acquire("refused");
        var next = EntryTold.Of(await caller.Next(FrameKind.Entry)).Token;
        Assert.NotEqual("", next);
        await caller.Commit("refused", next, [], "*");
        Assert.Equal((400, "invalid_argument"), Refused(await caller.Next(FrameKind.Refused)));
        await caller.Acquire("refused");
        Assert.NotEqual("", EntryTold.Of(await caller.Next(FrameKind.Entry)).Token);
    }

    [Fact]
    public async Task Requests_BeyondTheBound_AreRefused()
    {
        var (caller, welcome) = await SessionCaller.Open(Silo, silo.All);
        await using var ending = caller;
        await caller.Acquire("bound");
        var token = EntryTold.Of(await caller.Next(FrameKind.Entry)).Token;
        for (var i = 0; i < welcome.MaximumRequests; i++)
        {
            await caller.Acquire("bound", wait: 30_000);
        }

        await caller.Acquire("bound", wait: 30_000);
        Assert.Equal((503, "overloaded"), Refused((await caller.Next())!));

        // What needs no wait is heard all the same.
        await caller.Send(FrameKind.Renew);
        Assert.Equal(FrameKind.Done, (await caller.Next())!.Kind);
        using var shop = silo.With(silo.All);
        Assert.Equal(204, (await shop.Put("bound", "one", token: token)).Status);
        Assert.Equal("one", EntryTold.Of(await caller.Next(FrameKind.Entry)).Value);
    }

    internal static (int Status, string Code) Refused(Told told) => told.Kind == FrameKind.Refused ? (told.Short(), told.Text()) : throw new InvalidOperationException($"It is a {told.Kind}.");
}

/// <summary>A silo whose clients have short leases, and send small values.</summary>
public sealed class SessionSilo : KeyedSilo
{
    public const int MaximumPayloadBytes = 64 * 1024;

    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    protected override string[] Settings => [.. base.Settings, "--TagCache:SessionLease=00:00:01", $"--TagCache:MaximumPayloadBytes={MaximumPayloadBytes}"];
}
