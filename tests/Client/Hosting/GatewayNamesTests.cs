using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Transport;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>Silos that are found by names, whatever the names stand for now.</summary>
public sealed class GatewayNamesTests
{
    private readonly Dictionary<string, string> _names = [];
    private readonly FakeTimeProvider _time = new();
    private readonly GatewayNames _gateways;

    public GatewayNamesTests() => _gateways = new([new("cache", 30000), new("other", 30001)], LookUp, _time);

    [Fact]
    public async Task Gateways_AreAllThatTheNamesStandForNow()
    {
        _names["cache"] = "10.0.0.1 10.0.0.2 fd00::1";
        _names["other"] = "10.0.0.1";
        Assert.Equal(["gwy.tcp://10.0.0.1:30000/0", "gwy.tcp://10.0.0.2:30000/0", "gwy.tcp://[fd00::1]:30000/0", "gwy.tcp://10.0.0.1:30001/0"], await Gateways());

        _names["cache"] = "10.0.0.7";
        _names.Remove("other");
        Assert.Equal(["gwy.tcp://10.0.0.7:30000/0", "gwy.tcp://10.0.0.1:30001/0"], await Gateways());
    }

    [Fact]
    public async Task ANameWhoseLookUpHangs_HoldsUpNoOther_AndIsLookedUpOnce()
    {
        var (calls, answer) = (0, new TaskCompletionSource<IPAddress[]>());
        var gateways = new GatewayNames([new("hangs", 1), new("10.0.0.1", 2), new("cache", 3)], LookUp, _time);
        var (first, second) = (gateways.GetGateways(), gateways.GetGateways());
        await Waits.Advance(_time, TimeSpan.FromMilliseconds(100), () => first.IsCompleted && second.IsCompleted);

        string[] others = ["gwy.tcp://10.0.0.1:2/0", "gwy.tcp://127.0.0.1:3/0"];
        Assert.Equal(others, (await first).Select(gateway => gateway.ToString()));
        Assert.Equal(others, (await second).Select(gateway => gateway.ToString()));
        Assert.Equal(1, calls);

        answer.SetResult([IPAddress.Parse("10.0.0.9")]);
        Assert.Equal(["gwy.tcp://10.0.0.9:1/0", .. others], (await gateways.GetGateways()).Select(gateway => gateway.ToString()));

        Task<IPAddress[]> LookUp(string name)
        {
            calls += name == "hangs" ? 1 : 0;
            return name == "hangs" ? answer.Task : Task.FromResult<IPAddress[]>([IPAddress.Loopback]);
        }
    }

    [Fact]
    public async Task WhileNothingIsKnown_AndNoNameServerAnswers_ThatIsSaid()
    {
        var gateways = new GatewayNames([new("hangs", 1)], _ => new TaskCompletionSource<IPAddress[]>().Task, _time).GetGateways();
        await Waits.Advance(_time, TimeSpan.FromMilliseconds(100), () => gateways.IsCompleted);

        await Assert.ThrowsAsync<TimeoutException>(() => gateways);
    }

    [Fact]
    public async Task ANameThatIsNotKnown_IsLeftOut()
    {
        _names["other"] = "10.0.0.1";

        Assert.Equal(["gwy.tcp://10.0.0.1:30001/0"], await Gateways());
    }

    [Fact]
    public async Task WhileNoNameIsKnown_TheLastGatewaysStay()
    {
        await Assert.ThrowsAsync<SocketException>(_gateways.GetGateways);

        _names["cache"] = "10.0.0.1";
        await Gateways();
        _names.Clear();

        Assert.Equal(["gwy.tcp://10.0.0.1:30000/0"], await Gateways());
    }

    [Theory]
    [InlineData("cache")]
    [InlineData("cache:0")]
    [InlineData("cache:65536")]
    [InlineData("cache:30000/path")]
    [InlineData("user@cache:30000")]
    [InlineData("::1:30000")]
    [InlineData("")]
    public void UseGatewayNames_OfWhatIsNone_NamesIt(string gateway) =>
        Assert.StartsWith($"'{gateway}' is not a gateway.", Assert.Throws<ArgumentException>(() => ClientApp.Build(client => client.UseGatewayNames("cache:30000", gateway))).Message, StringComparison.Ordinal);

    [Fact]
    public void UseGatewayNames_OfNone_SaysSo() => Assert.Throws<ArgumentException>(() => ClientApp.Build(client => client.UseGatewayNames()));

    /// <summary>The name stands for an address of IPv4 as well, where nothing listens.</summary>
    [Fact]
    public async Task Client_ByAName_ReachesASiloThatListensOnIPv6Alone()
    {
        var ports = FreePorts.Take(2);
        var (silo, _) = await ClientApp.StartSilo(ports[0], ports[1], "--TagCache:AdvertisedAddress=::1");
        await using var app = ClientApp.Build(client => client
            .Configure<Orleans.Configuration.ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = ("tagcache", "tagcache"))
            .UseGatewayNames($"localhost:{ports[1]}", $"[::1]:{ports[1]}")
            .AddTagCacheClient());
        await app.Start();
        await app.Cache.SetAsync("key", "value");
        Assert.Equal("value", await app.Cache.GetOrCreateAsync("key", (_, _) => ValueTask.FromResult("made anew")));

        await app.Stop();
        await silo.DisposeAsync();
    }

    private async Task<string[]> Gateways() => [.. (await _gateways.GetGateways()).Select(gateway => gateway.ToString())];

    private Task<IPAddress[]> LookUp(string name) => _names.TryGetValue(name, out var addresses)
        ? Task.FromResult(addresses.Split(' ').Select(IPAddress.Parse).ToArray())
        : throw new SocketException((int)SocketError.HostNotFound);
}
