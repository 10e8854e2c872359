using System.Net;
using Microsoft.Extensions.Configuration;
using OrleansTagCache.Silo;
using OrleansTagCache.Silo.Clustering;
using OrleansTagCache.Silo.StartUp;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>What a silo needs around it is looked at before it starts: its ports, and its Redis.</summary>
public sealed class StartUpChecksTests
{
    [Fact]
    public async Task Build_WithPortsInUse_NamesEachWithItsSetting()
    {
        using var silo = FreePorts.Listen();
        using var gateway = FreePorts.Listen();
        using var http = FreePorts.Listen();
        var (siloPort, gatewayPort, httpPort) = (FreePorts.PortOf(silo), FreePorts.PortOf(gateway), FreePorts.PortOf(http));

        var fault = await Assert.ThrowsAsync<StartUpFault>(() => SiloProgram.Build(
            [$"--urls=http://127.0.0.1:{httpPort}", $"--TagCache:SiloPort={siloPort}", $"--TagCache:GatewayPort={gatewayPort}"]));

        Assert.Equal([Taken(siloPort, "TagCache:SiloPort"), Taken(gatewayPort, "TagCache:GatewayPort"), Taken(httpPort, "urls")], fault.Faults);

        static string Taken(int port, string setting) =>
            $"Port {port} ({setting}) is in use on 127.0.0.1. End the program that uses it, or set another: --{setting}=...";
    }

    [Fact]
    public async Task Build_WithOnePortInUse_NamesThatOneOnly()
    {
        using var gateway = FreePorts.Listen();
        var port = FreePorts.PortOf(gateway);

        var fault = await Assert.ThrowsAsync<StartUpFault>(() => SiloProgram.Build(
            ["--urls=http://127.0.0.1:0", $"--TagCache:SiloPort={FreePorts.Take(1)[0]}", $"--TagCache:GatewayPort={port}"]));

        Assert.StartsWith($"Port {port} (TagCache:GatewayPort) is in use", Assert.Single(fault.Faults), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", "0.0.0.0", false)]
    [InlineData("127.0.0.1", "127.0.0.1", "127.0.0.1", false)]
    [InlineData("127.0.0.1", "127.0.0.1", "127.0.0.2", true)]
    [InlineData("127.0.0.1", "127.0.0.1", "[::1]", true)]
    public void CheckPorts_OfOnePortTwice_RefusesItWhereBothWouldListen(string advertised, string listening, string host, bool isRight)
    {
        var ports = FreePorts.Take(2);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("urls", $"http://{host}:{ports[0]}")]).Build();

        var fault = Record.Exception(() => StartUpChecks.CheckPorts(
            new() { SiloPort = ports[0], GatewayPort = ports[1] }, new(IPAddress.Parse(advertised), IPAddress.Parse(listening)), configuration));

        Assert.Equal(isRight, fault is null);
        if (fault is StartUpFault named)
        {
            Assert.Equal([$"Port {ports[0]} is named more than once: TagCache:SiloPort and urls must differ."], named.Faults);
            Assert.False(named.MayPass);
        }
    }

    /// <summary>As behind NAT, where the address that others know is another machine's.</summary>
    [Fact]
    public void CheckPorts_OfAnAddressThatTheMachineDoesNotHave_NamesTheSettingThatHelps()
    {
        var ports = FreePorts.Take(2);

        var fault = Assert.Throws<StartUpFault>(() => StartUpChecks.CheckPorts(
            new() { SiloPort = ports[0], GatewayPort = ports[1] }, new(IPAddress.Parse("203.0.113.5"), IPAddress.Parse("203.0.113.5")), new ConfigurationBuilder().Build()));

        Assert.Equal(
            $"203.0.113.5 is not an address of this machine, so port {ports[0]} (TagCache:SiloPort) cannot be listened on. Set TagCache:ListenAddress to one that it has, or to 0.0.0.0 for all of them.",
            fault.Faults.First());
    }

    [Fact]
    public async Task Build_WithARedisThatCannotBeReached_NamesItsSettingAndKeepsItsPassword()
    {
        var ports = FreePorts.Take(3);

        var fault = await Assert.ThrowsAsync<StartUpFault>(() => SiloProgram.Build(
        [
            "--urls=http://127.0.0.1:0",
            $"--TagCache:SiloPort={ports[0]}",
            $"--TagCache:GatewayPort={ports[1]}",
            "--TagCache:Clustering:Provider=Redis",
            $"--TagCache:Clustering:ConnectionString=127.0.0.1:{ports[2]},password=hunter2",
        ]));

        var named = Assert.Single(fault.Faults);
        Assert.Contains("TagCache:Clustering:ConnectionString cannot be reached", named, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", named, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1:6379,password=hunter2", "127.0.0.1:6379")]
    [InlineData("password=hunter2,redis:6380,10.0.0.2", "redis:6380, 10.0.0.2:6379")]
    public void RedisServers_AreNamedWithoutTheirPassword(string connection, string servers) => Assert.Equal(servers, RedisStore.ServersOf(connection));

    [Fact]
    public async Task Build_WithBadSettings_NamesThemBeforeItLooksAround()
    {
        using var silo = FreePorts.Listen();

        var fault = await Assert.ThrowsAsync<StartUpFault>(() => SiloProgram.Build(
            ["--urls=http://0.0.0.0:8080", $"--TagCache:SiloPort={FreePorts.PortOf(silo)}", "--TagCache:GatewayPort=0"]));

        Assert.Equal(
            [
                "TagCache:GatewayPort must be from 1 to 65535; it is 0.",
                "urls names 0.0.0.0: without API keys the silo listens on loopback only. Use http://127.0.0.1:8080, or create a key with 'keys create'.",
            ],
            fault.Faults);
    }

    [Theory]
    [InlineData("64", true)]
    [InlineData("511", true)]
    [InlineData("512", false)]
    [InlineData("1048576", false)]
    [InlineData("unlimited", false)]
    public void Descriptors_ThatAreTooFew_AreNamed(string soft, bool isFault) => Assert.Equal(
        isFault,
        Descriptors.Fault($"Max processes             15360                15360                processes\nMax open files            {soft,-20} 1048576              files\n")?
            .StartsWith($"This process may have {soft} files and connections open", StringComparison.Ordinal) ?? false);
}
