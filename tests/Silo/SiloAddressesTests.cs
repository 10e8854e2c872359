using System.Net;
using System.Net.Sockets;
using OrleansTagCache.Silo;
using OrleansTagCache.Silo.StartUp;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>A host name is looked up once, at the start, and what it stands for is held to the same rules as an address.</summary>
public sealed class SiloAddressesTests
{
    private readonly ArmedTime _time = new();

    [Theory]
    [InlineData("127.0.0.2", null, "127.0.0.2", "127.0.0.2")]
    [InlineData("10.0.0.1", "0.0.0.0", "10.0.0.1", "0.0.0.0")]
    [InlineData("::1", null, "::1", "::1")]
    public async Task Find_OfAnAddress_LooksNothingUp(string advertised, string? listen, string expected, string listening)
    {
        var addresses = await Find(new() { AdvertisedAddress = advertised, ListenAddress = listen }, _ => throw new InvalidOperationException("Nothing is to be looked up."));

        Assert.Equal((IPAddress.Parse(expected), IPAddress.Parse(listening)), (addresses.Advertised, addresses.Listening));
    }

    [Theory]
    [InlineData(null, "127.0.0.1 10.9.9.9", "10.9.9.9", "loopback comes last where others are to connect")]
    [InlineData(null, "10.9.9.9 10.9.9.8", "10.9.9.9", "else the first")]
    [InlineData(null, "fd00::9 10.9.9.9", "10.9.9.9", "IPv4 comes before IPv6")]
    [InlineData("::1", "10.9.9.9 fd00::9", "fd00::9", "what is listened on can be connected to")]
    [InlineData("::", "fd00::9 10.9.9.9", "10.9.9.9", ":: listens on both kinds")]
    public async Task Find_OfANameWithSeveralAddresses_ChoosesOne(string? listen, string found, string expected, string why)
    {
        var addresses = await Find(new() { AdvertisedAddress = "silo-0", ListenAddress = listen, Clustering = { Provider = global::OrleansTagCache.Silo.Clustering.ClusteringProvider.Redis } },
            _ => Task.FromResult(found.Split(' ').Select(IPAddress.Parse).ToArray()));

        Assert.True(IPAddress.Parse(expected).Equals(addresses.Advertised), why);
        Assert.Equal(IPAddress.Parse(listen ?? expected), addresses.Listening);
    }

    [Fact]
    public async Task Find_WhereNoOtherMachineIsToConnect_ChoosesLoopback() =>
        Assert.Equal(IPAddress.Loopback, (await Find(new() { AdvertisedAddress = "silo-0" }, _ => Task.FromResult<IPAddress[]>([IPAddress.Parse("10.9.9.9"), IPAddress.Loopback]))).Advertised);

    [Fact]
    public async Task Find_WhileNoNameServerAnswers_EndsAllTheSame()
    {
        var finding = Find(new() { AdvertisedAddress = "silo-0" }, _ => new TaskCompletionSource<IPAddress[]>().Task);
        await Waits.Advance(_time, TimeSpan.FromMilliseconds(100), () => finding.IsCompleted);

        Assert.EndsWith("no name server has answered.", (await Assert.ThrowsAsync<StartUpFault>(() => finding)).Faults.Single(), StringComparison.Ordinal);
    }

    /// <summary>Debian gives a machine's own name the address 127.0.1.1: several machines would advertise the same.</summary>
    [Theory]
    [InlineData("silo-0", null, "TagCache:AdvertisedAddress is silo-0 (127.0.1.1), which no other machine can connect to; /etc/hosts often gives a machine's own name such an address. Use an address, or a name that stands for one that others reach.")]
    [InlineData("localhost", "0.0.0.0", "TagCache:AdvertisedAddress is localhost (127.0.1.1), and TagCache:ListenAddress is 0.0.0.0: other machines reach the ports, and are told an address that is their own. Set TagCache:AdvertisedAddress to one that they reach.")]
    [InlineData("localhost", null, null)]
    public async Task Find_OfALoopbackThatOthersWouldBeTold_SaysSo(string name, string? listen, string? fault)
    {
        var options = new SiloProgramOptions { AdvertisedAddress = name, ListenAddress = listen, Clustering = { Provider = global::OrleansTagCache.Silo.Clustering.ClusteringProvider.Redis } };
        var finding = Find(options, _ => Task.FromResult<IPAddress[]>([IPAddress.Parse("127.0.1.1")]));

        if (fault is null)
        {
            Assert.Equal(IPAddress.Parse("127.0.1.1"), (await finding).Advertised);
        }
        else
        {
            Assert.Equal([fault], (await Assert.ThrowsAsync<StartUpFault>(() => finding)).Faults);
        }
    }

    [Fact]
    public async Task Find_OfANameThatIsNotKnownYet_LooksAgain()
    {
        var calls = 0;
        var finding = Find(new() { AdvertisedAddress = "silo-0" }, _ => ++calls < 3 ? throw new SocketException((int)SocketError.HostNotFound) : Task.FromResult<IPAddress[]>([IPAddress.Loopback]));
        for (var unknown = 0; unknown < 2; unknown++)
        {
            await _time.IsArmed(TimeSpan.FromSeconds(1));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(IPAddress.Loopback, (await finding).Advertised);
        Assert.Equal(3, calls);
    }

    [Fact]
    public async Task Find_OfANameThatNobodyKnows_SaysWhichSettingAndWhy()
    {
        var finding = Find(new() { AdvertisedAddress = "silo-0" }, _ => throw new SocketException((int)SocketError.HostNotFound));
        await Waits.Advance(_time, TimeSpan.FromMilliseconds(100), () => finding.IsCompleted);

        var thrown = await Assert.ThrowsAsync<StartUpFault>(() => finding);
        Assert.True(thrown.MayPass);
        var fault = Assert.Single(thrown.Faults);
        Assert.StartsWith("TagCache:AdvertisedAddress is silo-0, which could not be resolved within 20 s: ", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.0.0.1", null, true, "TagCache:AdvertisedAddress is silo-0 (10.0.0.1): without API keys a silo listens on loopback only. Use 127.0.0.1, or create a key with 'keys create'.")]
    [InlineData("10.0.0.1", null, false, "TagCache:AdvertisedAddress is silo-0 (10.0.0.1): a silo of the provider Localhost is reached on its own machine only. Use 127.0.0.1, or TagCache:Clustering:Provider=Redis.")]
    [InlineData("127.0.0.1", "::1", false, "TagCache:AdvertisedAddress is silo-0 (127.0.0.1), and TagCache:ListenAddress is ::1: one is IPv4 and the other IPv6. Use two of a kind, or TagCache:ListenAddress=:: for both.")]
    public async Task Find_OfANameThatStandsForWhatCannotBeUsed_SaysSo(string found, string? listen, bool loopbackOnly, string fault)
    {
        var options = new SiloProgramOptions { AdvertisedAddress = "silo-0", ListenAddress = listen };

        var thrown = await Assert.ThrowsAsync<StartUpFault>(() => SiloAddresses.Find(options, loopbackOnly, _ => Task.FromResult<IPAddress[]>([IPAddress.Parse(found)]), _time));

        Assert.Equal([fault], thrown.Faults);
    }

    private Task<SiloAddresses> Find(SiloProgramOptions options, Func<string, Task<IPAddress[]>> names) => SiloAddresses.Find(options, loopbackOnly: false, names, _time);
}
