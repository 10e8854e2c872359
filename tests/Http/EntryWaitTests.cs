using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary><c>GET /v1/entry</c> while another caller generates: who waits, for what, and what they get.</summary>
[Collection(SiloCollection.Name)]
public sealed class EntryWaitTests(SiloServer silo)
{
    private readonly HttpClient _http = silo.Http;

    [Fact]
    public async Task Get_WhileAnotherGenerates_WaitsAndGetsItsValue()
    {
        var token = await _http.TakeToken("wait:value");
        List<Task<Reply>> waiting = [];
        for (var i = 0; i < 3; i++)
        {
            waiting.Add(await silo.StartWaiting("wait:value"));
        }

        Assert.DoesNotContain(waiting, reply => reply.IsCompleted);

        (await _http.Put("wait:value", "generated", token: token)).IsDone();

        Assert.All(await Task.WhenAll(waiting), reply => reply.IsHit("generated"));
    }

    [Fact]
    public async Task Get_WithoutASayOnWaiting_Waits()
    {
        var token = await _http.TakeToken("wait:default");
        var waiting = _http.Ask("/v1/entry?key=wait:default");

        (await _http.Put("wait:default", "generated", token: token)).IsDone();

        (await waiting).IsHit("generated");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("0.05")]
    public async Task Get_WhenTheWaitIsOver_IsBusy(string wait)
    {
        var token = await _http.TakeToken($"wait:busy:{wait}");

        (await _http.Read($"wait:busy:{wait}", wait)).IsBusy();

        // The wait of another takes nothing from the one who generates.
        (await _http.Put($"wait:busy:{wait}", "generated", token: token)).IsDone();
    }

    /// <summary>A caller that will not need a token for long, and may never come back, keeps nobody waiting for longer than it says.</summary>
    [Fact]
    public async Task Get_WhenTheLeaseThatTheGeneratorAskedForIsOver_PassesAnotherTokenOn()
    {
        var token = (await _http.Ask("/v1/entry?key=wait:lease&wait=0&lease=1")).IsMissWithToken();
        var waiting = await silo.StartWaiting("wait:lease");

        var next = (await waiting).IsMissWithToken();

        (await _http.Put("wait:lease", "late", token: token)).IsProblem(409, "unknown_token");
        (await _http.Put("wait:lease", "in time", token: next)).IsDone();
    }

    [Fact]
    public async Task Get_WithALeaseThatIsLongerThanTheSilos_GetsAToken()
    {
        var token = (await _http.Ask($"/v1/entry?key=wait:long&wait=0&lease={int.MaxValue}")).IsMissWithToken();

        (await _http.Put("wait:long", "value", token: token)).IsDone();
    }

    [Fact]
    public async Task Get_WhenTheGeneratorAbandons_PassesTheTokenToOneOfThoseWhoWait()
    {
        var token = await _http.TakeToken("wait:abandon");
        List<Task<Reply>> waiting = [];
        for (var i = 0; i < 3; i++)
        {
            waiting.Add(await silo.StartWaiting("wait:abandon"));
        }

        (await _http.Abandon("wait:abandon", token)).IsDone();
        var next = await Task.WhenAny(waiting);
        var nextToken = (await next).IsMissWithToken();
        waiting.Remove(next);

        Assert.NotEqual(token, nextToken);
        (await _http.Read("wait:abandon")).IsBusy();
        Assert.DoesNotContain(waiting, reply => reply.IsCompleted);
        (await _http.Put("wait:abandon", "second try", token: nextToken)).IsDone();
        Assert.All(await Task.WhenAll(waiting), reply => reply.IsHit("second try"));
    }

    [Fact]
    public async Task Get_WhenTheGeneratorIsSuperseded_PassesTheTokenToTheOneWhoWaits()
    {
        var token = await _http.TakeToken("wait:superseded");
        var waiting = await silo.StartWaiting("wait:superseded");
        Assert.Equal(200, (await _http.Update("wait:superseded:tag")).Status);

        (await _http.Put("wait:superseded", "too old", "&tag=wait:superseded:tag", token)).IsProblem(409, "superseded");

        var nextToken = (await waiting).IsMissWithToken();
        (await _http.Put("wait:superseded", "new", "&tag=wait:superseded:tag", nextToken)).IsDone();
    }

    [Fact]
    public async Task Get_WhoseCallerGoesAwayWhileWaiting_KeepsNoToken()
    {
        var token = await _http.TakeToken("wait:gone");
        using var caller = new CancellationTokenSource();
        var gone = await silo.StartWaiting("wait:gone", caller.Token);
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        await silo.NoRequestRuns();

        (await _http.Abandon("wait:gone", token)).IsDone();

        // The token goes to the one who left, and is given back long before its lease is over.
        (await _http.Read("wait:gone", wait: "10")).IsMissWithToken();
    }
}
