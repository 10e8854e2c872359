using System.Net.Sockets;
using System.Text;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Http;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Limits;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>What one caller takes is bounded: over a bound there is an answer that says when to try again, and the silo is as before.</summary>
public sealed class RequestLimitsTests(TightSilo silo) : IClassFixture<TightSilo>
{
    [Fact]
    public async Task Get_WhenAsManyWaitAsMay_IsToldToComeAgain()
    {
        using var http = silo.With();
        var token = await http.TakeToken("crowded");
        var begun = Events.On(CacheEvent.ReadWaiting);
        var waiting = Enumerable.Range(0, TightSilo.WaitingReads).Select(_ => http.Read("crowded", wait: "30")).ToArray();
        await begun.Until(() => silo.Get<RequestLimits>().WaitingReads.Taken == TightSilo.WaitingReads);

        var oneMore = await http.Read("crowded", wait: "30");

        Assert.Contains("TagCache:Limits:WaitingReads", oneMore.IsProblem(503, "overloaded"), StringComparison.Ordinal);
        Assert.Equal("1", oneMore.Header("Retry-After"));
        (await http.Put("crowded", "value", token: token)).IsDone();
        Assert.All(await Task.WhenAll(waiting), reply => Assert.Equal("value", reply.Text));
        await silo.NoRequestRuns();
        Assert.Equal(0, silo.Get<RequestLimits>().WaitingReads.Taken);
    }

    [Fact]
    public async Task Put_WhileBodiesTakeAllTheirMemory_IsToldToComeAgain()
    {
        using var http = silo.With();
        var limits = silo.Get<RequestLimits>();
        Assert.True(limits.BodyBytes.TryTake(TightSilo.BodyBytes - 10));
        try
        {
            var reply = await http.Put("bodies", "more than ten bytes");

            Assert.Contains("TagCache:Limits:BodyBytes", reply.IsProblem(503, "overloaded"), StringComparison.Ordinal);
            Assert.Equal("1", reply.Header("Retry-After"));
        }
        finally
        {
            limits.BodyBytes.GiveBack(TightSilo.BodyBytes - 10);
        }

        (await http.Put("bodies", "more than ten bytes")).IsDone();
        await silo.NoRequestRuns();
        Assert.Equal(0, limits.BodyBytes.Taken);
    }

    [Fact]
    public async Task Hooks_WhoseBodiesTakeAllTheyMay_LeaveToOthersWhatIsTheirs()
    {
        using var http = silo.With();
        var limits = silo.Get<RequestLimits>();
        const int all = HttpLimitOptions.HookBodyBytes;
        Assert.True(limits.StrangersBytes.TryTake(all));
        try
        {
            using var call = new HttpRequestMessage(HttpMethod.Post, "/v1/hooks/nobodys") { Content = SiloCalls.Body("{}") };
            (await Reply.Of(await http.SendAsync(call))).IsProblem(503, "overloaded");
            (await http.Put("bodies:hooks", "value")).IsDone();
        }
        finally
        {
            limits.StrangersBytes.GiveBack(all);
        }
    }

    [Fact]
    public async Task Calls_OfOneHook_AreBoundedAndThoseOfAnotherAreNot()
    {
        using var http = silo.With();
        Reply reply;
        var calls = 0;
        do
        {
            reply = await Call("busy");
            Assert.True(++calls < 100_000, "Nothing bounds the calls of a hook.");
        }
        while (reply.Status == 200);

        reply.IsProblem(429, "too_many_requests");
        Assert.Equal("1", reply.Header("Retry-After"));
        Assert.Equal(200, (await Call("quiet")).Status);

        async Task<Reply> Call(string hook)
        {
            var now = HookSilo.Now();
            using var call = new HttpRequestMessage(HttpMethod.Post, $"/v1/hooks/{hook}") { Content = SiloCalls.Body("{}") };
            call.Headers.Add("Tag-Cache-Timestamp", now);
            call.Headers.Add("Tag-Cache-Signature", HookSilo.Sign(now, "{}"));
            return await Reply.Of(await http.SendAsync(call));
        }
    }

    [Fact]
    public async Task Body_ThatIsOnlyAnnounced_TakesNothing()
    {
        var taken = Events.On(CacheEvent.QuotaChanged);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync("127.0.0.1", silo.Http.BaseAddress!.Port);
        await tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"PUT /v1/entry?key=announced HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {silo.Key}\r\nContent-Length: 1000\r\n\r\nx"));
        await taken.Until(() => silo.Get<RequestLimits>().BodyBytes.Taken == 1);
        tcp.Close();
        await silo.NoRequestRuns();
        Assert.Equal(0, silo.Get<RequestLimits>().BodyBytes.Taken);
    }

    [Fact]
    public async Task Put_WithATokenFromAKeyWithTooManyCalls_EndsTheToken()
    {
        using var busy = silo.With(silo.Busy);
        using var other = silo.With(silo.Third);
        string key;
        var tries = 0;
        do
        {
            // A second that passes in between lets the call through; then once more.
            Assert.True(++tries < 100, "The call is not refused.");
            key = $"rate:token:{tries}";
            var token = await other.TakeToken(key);
            await UntilRefused(busy);
            if ((await busy.Put(key, "1", token: token)).Status == 429)
            {
                break;
            }
        }
        while (true);

        (await other.Read(key)).IsMissWithToken();
    }

    private static async Task<Reply> UntilRefused(HttpClient http)
    {
        Reply reply;
        var calls = 0;
        do
        {
            reply = await http.Info("rate");
            Assert.True(++calls < 100_000, "Nothing bounds the calls of a key.");
        }
        while (reply.Status != 429);
        return reply;
    }

    [Fact]
    public async Task Calls_OfOneKey_AreBoundedAndThoseOfAnotherAreNot()
    {
        using var http = silo.With(silo.Busy);
        var reply = await UntilRefused(http);

        reply.IsProblem(429, "too_many_requests");
        Assert.Equal("1", reply.Header("Retry-After"));
        using var other = silo.With();
        Assert.Equal(404, (await other.Info("rate")).Status);
    }
}

/// <summary>A silo with little room.</summary>
public sealed class TightSilo : SiloServer
{
    public const int WaitingReads = 5;
    public const int BodyBytes = 2_048;

    private readonly List<string> _settings =
    [
        $"--TagCache:Limits:WaitingReads={WaitingReads}",
        $"--TagCache:Limits:BodyBytes={BodyBytes}",
        "--TagCache:Limits:RequestsPerSecond=50",
        "--TagCache:MaximumPayloadBytes=2048",
        $"--TagCache:Hooks:busy:Secrets:0={HookSilo.Secret}",
        "--TagCache:Hooks:busy:Tags:0=busy",
        $"--TagCache:Hooks:quiet:Secrets:0={HookSilo.Secret}",
        "--TagCache:Hooks:quiet:Tags:0=quiet",
    ];

    public TightSilo() => (Key, Busy, Third) = (Add(), Add(), Add());

    public string Key { get; }

    public string Busy { get; }

    public string Third { get; }

    protected override string[] Settings => [.. _settings];

    public HttpClient With(string? key = null)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Http.BaseAddress };
        http.DefaultRequestHeaders.Authorization = new("Bearer", key ?? Key);
        return http;
    }

    private string Add()
    {
        var (id, text) = ApiKeyText.Create();
        _settings.Add($"--TagCache:Access:Keys:{id}:Hash={Convert.ToHexString(ApiKeyText.Hash(text))}");
        _settings.Add($"--TagCache:Access:Keys:{id}:Scopes=read,write");
        return text;
    }
}
