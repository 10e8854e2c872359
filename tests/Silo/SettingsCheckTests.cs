using System.Net;
using Microsoft.Extensions.Configuration;
using OrleansTagCache.Silo;
using OrleansTagCache.Silo.Clustering;
using OrleansTagCache.Silo.StartUp;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>Settings that are wrong are named before anything starts, all that can be told at once in one fault.</summary>
public sealed class SettingsCheckTests
{
    [Fact]
    public void Read_OfNothing_GivesTheDefaults()
    {
        var options = Read();

        Assert.Equal(("tagcache", "tagcache"), (options.ClusterId, options.ServiceId));
        Assert.Equal((11111, 30000, "127.0.0.1"), (options.SiloPort, options.GatewayPort, options.AdvertisedAddress));
        Assert.Equal((ClusteringProvider.Localhost, null), (options.Clustering.Provider, options.Clustering.ConnectionString));
    }

    [Fact]
    public void Read_OfGoodSettings_GivesThem()
    {
        var options = Read(
            ("urls", "http://127.0.0.1:8081;http://localhost:8082;http://[::1]:8083"),
            ("tagcache:siloport", "11112"),
            ("TagCache:GatewayPort", "30001"),
            ("TagCache:AdvertisedAddress", "127.0.0.2"),
            ("TagCache:ServingLease", "00:00:10"),
            ("TagCache:LeaseLossBehavior", "servestale"),
            ("TagCache:MaximumEntries", "1"),
            ("TagCache:Clustering:Provider", "redis"),
            ("TagCache:Clustering:ConnectionString", "127.0.0.1:6379"));

        Assert.Equal((11112, 30001, "127.0.0.2"), (options.SiloPort, options.GatewayPort, options.AdvertisedAddress));
        Assert.Equal((ClusteringProvider.Redis, "127.0.0.1:6379"), (options.Clustering.Provider, options.Clustering.ConnectionString));
    }

    [Fact]
    public void Read_OfSchedules_NamesWhatIsWrongWithThem()
    {
        Read(("TagCache:Schedules:feed:Tags:0", "feed"), ("TagCache:Schedules:feed:Cron", "0 */6 * * *"), ("TagCache:Schedules:feed:TimeZone", "Europe/Berlin"));

        string[] faults = Faults(
            ("TagCache:Schedules:feed:Tags:0", "feed"),
            ("TagCache:Schedules:feed:Cron", "every six hours"),
            ("TagCache:Schedules:feed:TimeZone", "Europe/Bonn"),
            ("TagCache:Schedules:feed:Action", "Sometimes"),
            ("TagCache:Schedules:empty:Cron", "@daily"));

        Assert.Collection(
            faults,
            fault => Assert.StartsWith("TagCache:Schedules:feed:Action is 'Sometimes'", fault, StringComparison.Ordinal),
            fault => Assert.Equal("TagCache:Schedules:empty:Tags must be 1 to 128 tags.", fault),
            fault => Assert.StartsWith("TagCache:Schedules:feed:Cron: 'every six hours' is not a cron expression", fault, StringComparison.Ordinal),
            fault => Assert.StartsWith("TagCache:Schedules:feed:TimeZone: There is no time zone 'Europe/Bonn'", fault, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("TagCache:Nope", "TagCache:Nope is not a setting. Known are: Access, AdvertisedAddress, ")]
    [InlineData("TagCache:Clustering:Nope", "TagCache:Clustering:Nope is not a setting. Known are: ConnectionString, PasswordFile, Provider.")]
    [InlineData("TagCache:Nope:Deeper", "TagCache:Nope is not a setting. Known are: Access, AdvertisedAddress, ")]
    public void Read_OfAnUnknownSetting_NamesItAndTheKnownOnes(string setting, string fault) =>
        Assert.StartsWith(fault, Assert.Single(Faults((setting, "1"))), StringComparison.Ordinal);

    [Theory]
    [InlineData("ServingLease", "soon", "duration such as 00:00:05")]
    [InlineData("UpdateTimeout", "1 minute", "duration such as 00:00:05")]
    [InlineData("SiloPort", "many", "whole number in range")]
    [InlineData("GatewayPort", "99999999999", "whole number in range")]
    [InlineData("MaximumBytes", "1.5", "whole number in range")]
    [InlineData("MaximumEntries", "all", "whole number in range")]
    [InlineData("LeaseLossBehavior", "Never", "value of Bypass, ServeStale")]
    [InlineData("Clustering:Provider", "Sqlite", "value of Localhost, Redis, PostgreSql")]
    public void Read_OfAValueThatCannotBeRead_NamesItAndWhatIsExpected(string setting, string value, string expected) =>
        Assert.Equal([$"TagCache:{setting} is '{value}', which is not a {expected}."], Faults(($"TagCache:{setting}", value)));

    [Theory]
    [InlineData("ServingLease", "00:05:01", "must be from 00:00:01 to 00:05:00; it is 00:05:01.")]
    [InlineData("SessionLease", "00:00:00.1", "must be from 00:00:00.2000000 to 00:05:00; it is 00:00:00.1000000.")]
    [InlineData("UpdateTimeout", "-00:00:01", "must be from 00:00:00.1000000 to 00:10:00; it is -00:00:01.")]
    [InlineData("UpdateTimeout", "00:10:01", "must be from 00:00:00.1000000 to 00:10:00; it is 00:10:01.")]
    [InlineData("GenerationLease", "00:00:00", "must be from 00:00:01 to 01:00:00; it is 00:00:00.")]
    [InlineData("GenerationLease", "01:00:01", "must be from 00:00:01 to 01:00:00; it is 01:00:01.")]
    [InlineData("MaximumBytes", "1048575", "must be from 1048576 to 9223372036854775807; it is 1048575.")]
    [InlineData("MaximumEntries", "0", "must be from 1 to 9223372036854775807; it is 0.")]
    [InlineData("MaximumPayloadBytes", "0", "must be from 1 to 67108864; it is 0.")]
    [InlineData("MaximumPayloadBytes", "67108865", "must be from 1 to 67108864; it is 67108865.")]
    [InlineData("MaximumRememberedTags", "999", "must be from 1000 to 2147483647; it is 999.")]
    [InlineData("LeaseLossBehavior", "2", "must be Bypass or ServeStale; it is 2.")]
    [InlineData("Clustering:Provider", "3", "must be Localhost or Redis or PostgreSql; it is 3.")]
    [InlineData("Limits:Connections", "9", "must be from 10 to 1000000; it is 9.")]
    [InlineData("Limits:WaitingReads", "0", "must be from 1 to 1000000; it is 0.")]
    [InlineData("Limits:RequestsPerSecond", "10000001", "must be from 1 to 10000000; it is 10000001.")]
    [InlineData("Limits:Refusals", "0", "must be from 1 to 1000000; it is 0.")]
    [InlineData("Limits:BodyBytes", "0", "must be from 1 to 68719476736; it is 0.")]
    [InlineData("Limits:BodyBytes", "4194303", "(4194303) must not be less than TagCache:MaximumPayloadBytes (4194304).")]
    [InlineData("Limits:HeadTimeout", "00:00:01", "must be from 00:00:02 to 00:05:00; it is 00:00:01.")]
    [InlineData("SiloPort", "0", "must be from 1 to 65535; it is 0.")]
    [InlineData("SiloPort", "65536", "must be from 1 to 65535; it is 65536.")]
    [InlineData("GatewayPort", "-1", "must be from 1 to 65535; it is -1.")]
    [InlineData("ClusterId", " ", "must not be empty.")]
    [InlineData("ServiceId", " ", "must not be empty.")]
    [InlineData("AdvertisedAddress", "not a name", "must be an IP address or a host name; it is 'not a name'.")]
    [InlineData("AdvertisedAddress", "silo-0:11111", "must be an IP address or a host name; it is 'silo-0:11111'.")]
    [InlineData("ListenAddress", "localhost", "must be an IP address; it is 'localhost'. For every address of this machine, use 0.0.0.0 or ::.")]
    [InlineData("ListenAddress", "0.0.0.0", "is 0.0.0.0: without API keys a silo listens on loopback only. Use 127.0.0.1, or create a key with 'keys create'.")]
    [InlineData("AdvertisedAddress", "192.168.0.1", "is 192.168.0.1: without API keys a silo listens on loopback only. Use 127.0.0.1, or create a key with 'keys create'.")]
    [InlineData("AdvertisedAddress", "0.0.0.0", "is 0.0.0.0: without API keys a silo listens on loopback only. Use 127.0.0.1, or create a key with 'keys create'.")]
    public void Read_OfAValueOutOfRange_NamesTheSettingTheRangeAndTheValue(string setting, string value, string fault) =>
        Assert.Equal([$"TagCache:{setting} {fault}"], Faults(($"TagCache:{setting}", value)));

    [Fact]
    public void Read_OfAHookWithFaults_NamesEach() => Assert.Equal(
        [
            "TagCache:Hooks:cms:Secrets must be 1 to 4 texts of at least 32 characters.",
            "TagCache:Hooks:cms:Action must be Update or Revalidate; it is 7.",
            "TagCache:Hooks:cms:Tags must be 1 to 128 texts.",
        ],
        Faults(("TagCache:Hooks:cms:Action", "7")));

    [Fact]
    public void Read_OfAServingLeaseTooShort_NamesItsRangeAndTheSessionLeaseThatItEnds() => Assert.Equal(
        [
            "TagCache:ServingLease must be from 00:00:01 to 00:05:00; it is 00:00:00.9990000.",
            "TagCache:SessionLease (00:00:02) must not be longer than TagCache:ServingLease (00:00:00.9990000).",
        ],
        Faults(("TagCache:ServingLease", "00:00:00.999")));

    [Fact]
    public void Read_OfASessionLeaseLongerThanTheServingLease_NamesBoth() => Assert.Equal(
        ["TagCache:SessionLease (00:00:06) must not be longer than TagCache:ServingLease (00:00:05)."],
        Faults(("TagCache:SessionLease", "00:00:06")));

    [Fact]
    public void Read_OfMoreMemoryThanThereIs_NamesTheBounds() => Assert.StartsWith(
        "TagCache:MaximumBytes (9223372036854775807), TagCache:NearCacheMaximumBytes (",
        Assert.Single(Faults(("TagCache:MaximumBytes", "9223372036854775807"))),
        StringComparison.Ordinal);

    [Fact]
    public void Read_OfOnePortForBoth_NamesBoth() => Assert.Equal(
        ["TagCache:SiloPort and TagCache:GatewayPort must differ; both are 20000."],
        Faults(("TagCache:SiloPort", "20000"), ("TagCache:GatewayPort", "20000")));

    [Theory]
    [InlineData(null)]
    [InlineData(" ")]
    public void Read_OfRedisWithoutAConnectionString_NamesTheSetting(string? connectionString) => Assert.Equal(
        ["TagCache:Clustering:ConnectionString must name the Redis server, for example 127.0.0.1:6379."],
        Faults(("TagCache:Clustering:Provider", "Redis"), ("TagCache:Clustering:ConnectionString", connectionString)));

    [Theory]
    [InlineData("http://0.0.0.0:8080", "0.0.0.0")]
    [InlineData("http://*:8080", "0.0.0.0")]
    [InlineData("http://+:8080", "0.0.0.0")]
    [InlineData("http://[::]:8080", "[::]")]
    [InlineData("https://192.168.0.1:8080", "192.168.0.1")]
    [InlineData("http://example.com:8080", "example.com")]
    [InlineData("http://localhost.example.com:8080", "localhost.example.com")]
    [InlineData("http://loopback:8080", "loopback")]
    public void Read_OfAUrlThatIsNotLoopback_NamesIt(string url, string host)
    {
        var fault = $"urls names {host}: without API keys the silo listens on loopback only. Use http://127.0.0.1:8080, or create a key with 'keys create'.";

        Assert.Equal([fault], Faults(("urls", url)));
        Assert.Equal([fault, fault], Faults(("urls", $"http://127.0.0.1:1;{url};{url}")));
    }

    [Fact]
    public void Read_OfSomethingThatIsNoUrl_NamesIt() => Assert.Equal(
        ["urls holds '8080', which is not an http address. An example: http://127.0.0.1:8080"], Faults(("urls", "8080")));

    [Fact]
    public void Read_OfManyValuesOutOfRange_NamesAllAtOnce() => Assert.Equal(
        [
            "TagCache:AdvertisedAddress is 10.0.0.1: without API keys a silo listens on loopback only. Use 127.0.0.1, or create a key with 'keys create'.",
            "TagCache:Clustering:ConnectionString must name the Redis server, for example 127.0.0.1:6379.",
            "TagCache:MaximumPayloadBytes must be from 1 to 67108864; it is 0.",
            "TagCache:ServingLease must be from 00:00:01 to 00:05:00; it is 01:00:00.",
            "TagCache:SiloPort must be from 1 to 65535; it is 70000.",
            "urls names 10.0.0.1: without API keys the silo listens on loopback only. Use http://127.0.0.1:80, or create a key with 'keys create'.",
        ],
        Faults(
            ("urls", "http://10.0.0.1:80"),
            ("TagCache:SiloPort", "70000"),
            ("TagCache:AdvertisedAddress", "10.0.0.1"),
            ("TagCache:Clustering:Provider", "Redis"),
            ("TagCache:ServingLease", "01:00:00"),
            ("TagCache:MaximumPayloadBytes", "0")).Order(StringComparer.Ordinal));

    [Fact]
    public void Read_OfAnAddressBeyondLoopback_WithAKey_NeedsAProviderThatListensThere()
    {
        (string, string?)[] settings =
        [
            ("TagCache:AdvertisedAddress", "10.0.0.1"),
            ("TagCache:Clustering:ConnectionString", "10.0.0.2:6379"),
            ("TagCache:Access:Keys:abcdefgh:Hash", new string('0', 64)),
            ("TagCache:Access:Keys:abcdefgh:Scopes", "read"),
        ];
        Assert.Equal(
            ["TagCache:AdvertisedAddress is 10.0.0.1: a silo of the provider Localhost is reached on its own machine only. Use 127.0.0.1, or TagCache:Clustering:Provider=Redis."],
            Faults(settings));
        Assert.Equal("10.0.0.1", Read([.. settings, ("TagCache:Clustering:Provider", "Redis")]).AdvertisedAddress);
    }

    [Theory]
    [InlineData("0.0.0.0", null, "is 0.0.0.0, which cannot be connected to. Use an address or a name of this machine, and TagCache:ListenAddress=0.0.0.0 to listen on all of them.")]
    [InlineData("::", null, "is ::, which cannot be connected to. Use an address or a name of this machine, and TagCache:ListenAddress=:: to listen on all of them.")]
    [InlineData("10.0.0.1", "::1", "is 10.0.0.1, and TagCache:ListenAddress is ::1: one is IPv4 and the other IPv6. Use two of a kind, or TagCache:ListenAddress=:: for both.")]
    [InlineData("127.0.0.1", "0.0.0.0", "is 127.0.0.1, and TagCache:ListenAddress is 0.0.0.0: other machines reach the ports, and are told an address that is their own. Set TagCache:AdvertisedAddress to one that they reach.")]
    [InlineData("fd00::1", "0.0.0.0", "is fd00::1, and TagCache:ListenAddress is 0.0.0.0: one is IPv4 and the other IPv6. Use two of a kind, or TagCache:ListenAddress=:: for both.")]
    public void Read_OfAddressesThatDoNotFit_SaysSo(string advertised, string? listen, string fault) => Assert.Equal(
        [$"TagCache:AdvertisedAddress {fault}"],
        Faults([.. Reachable, ("TagCache:AdvertisedAddress", advertised), ("TagCache:ListenAddress", listen)]));

    [Theory]
    [InlineData("10.0.0.1", "0.0.0.0")]
    [InlineData("10.0.0.1", "::")]
    [InlineData("10.0.0.1", "172.17.0.2")]
    [InlineData("fd00::1", "::")]
    [InlineData("silo-0.cache", "0.0.0.0")]
    public void Read_OfAddressesThatFit_GivesThem(string advertised, string listen)
    {
        var options = Read([.. Reachable, ("TagCache:AdvertisedAddress", advertised), ("TagCache:ListenAddress", listen)]);

        Assert.Equal((advertised, listen), (options.AdvertisedAddress, options.ListenAddress));
    }

    [Fact]
    public void Read_OfKestrelEndpointsBeyondLoopback_NamesThem() => Assert.Equal(
        ["Kestrel:Endpoints:Other:Url names 0.0.0.0: without API keys the silo listens on loopback only. Use http://127.0.0.1:23071, or create a key with 'keys create'."],
        Faults(("urls", "http://127.0.0.1:23070"), ("Kestrel:Endpoints:Other:Url", "http://*:23071")));

    [Theory]
    [InlineData("http_ports", "8080", "HTTP_PORTS names port 8080 of every address of this machine: without API keys the silo listens on loopback only. Use --urls=http://127.0.0.1:8080, or create a key with 'keys create'.")]
    [InlineData("HTTPS_PORTS", "8443", "HTTPS_PORTS names port 8443 of every address of this machine: without API keys the silo listens on loopback only. Use --urls=https://127.0.0.1:8443, or create a key with 'keys create'.")]
    [InlineData("HTTP_PORTS", "http", "HTTP_PORTS holds 'http', which is not a port.")]
    [InlineData("HTTP_PORTS", "65536", "HTTP_PORTS holds '65536', which is not a port.")]
    public void Read_OfPortsWithoutKeys_NamesTheirSettingAndWhatToDo(string setting, string ports, string fault) =>
        Assert.Equal([fault], Faults((setting, ports)));

    [Fact]
    public void Read_OfPortsWithoutKeys_NamesEach() => Assert.Equal(2, Faults(("HTTP_PORTS", "8080; 8081"), ("HTTPS_PORTS", " ")).Length);

    [Theory]
    [InlineData("urls", "http://127.0.0.1:23070")]
    [InlineData("Kestrel:Endpoints:Http:Url", "http://127.0.0.1:23070")]
    public void Read_OfPortsBesideAnAddress_GoesByTheAddress(string setting, string address)
    {
        var configuration = Configuration((setting, address), ("HTTP_PORTS", "8080"), ("HTTPS_PORTS", "8443"));

        SettingsCheck.Read(configuration);

        Assert.Equal([(setting == "urls" ? "urls" : "Kestrel:Endpoints:Http:Url", IPAddress.Loopback, 23070)], Addresses.Ports(configuration));
        Assert.Empty(Addresses.InClearText(configuration));
    }

    [Fact]
    public void Ports_NamedByTheirSettings_AreLookedAtLikeThoseOfAddresses()
    {
        var configuration = Configuration(("HTTP_PORTS", "8080;8081"), ("HTTPS_PORTS", "8443"));

        Assert.Equal([("HTTP_PORTS", IPAddress.Any, 8080), ("HTTP_PORTS", IPAddress.Any, 8081), ("HTTPS_PORTS", IPAddress.Any, 8443)], Addresses.Ports(configuration));
        Assert.Equal(["http://*:8080", "http://*:8081"], Addresses.InClearText(configuration));
    }

    [Theory]
    [InlineData(null, null, null, "http://127.0.0.1:8080")]
    [InlineData(" ", null, null, "http://127.0.0.1:8080")]
    [InlineData("http://127.0.0.1:1", "8080", null, "http://127.0.0.1:1")]
    [InlineData(null, "8080", null, "")]
    [InlineData(" ", null, "8443", "")]
    public void Urls_WhereNothingNamesAnAddress_AreTheProgramsOwn(string? urls, string? http, string? https, string expected)
    {
        var configuration = Configuration(("urls", urls), ("HTTP_PORTS", http), ("HTTPS_PORTS", https));

        Addresses.AddDefault(configuration);

        Assert.Equal(expected, configuration["urls"]);
    }

    [Fact]
    public void Read_OfFaultsOfEveryKind_NamesThemAllAtOnce() => Assert.Equal(
        5,
        Faults(
            ("TagCache:Nope", "1"),
            ("TagCache:ServingLease", "soon"),
            ("TagCache:SiloPort", "70000"),
            ("TagCache:MaximumPayloadBytes", "0"),
            ("urls", "nope")).Length);

    [Fact]
    public void Read_OfManyValuesThatCannotBeRead_NamesAllAtOnce()
    {
        var faults = Faults(
            ("TagCache:Nope", "1"), ("TagCache:ServingLease", "soon"), ("TagCache:SiloPort", "many"), ("TagCache:Clustering:Provider", "Sqlite"));

        Assert.Equal(4, faults.Length);
        Assert.All(
            ["TagCache:Nope is ", "TagCache:ServingLease is ", "TagCache:SiloPort is ", "TagCache:Clustering:Provider is "],
            begin => Assert.Single(faults, fault => fault.StartsWith(begin, StringComparison.Ordinal)));
    }

    private static string[] Faults(params (string Setting, string? Value)[] settings) =>
        [.. Assert.Throws<StartUpFault>(() => Read(settings)).Faults];

    /// <summary>Settings of a silo that other machines may reach.</summary>
    private static (string, string?)[] Reachable =>
    [
        ("TagCache:Clustering:Provider", "Redis"),
        ("TagCache:Clustering:ConnectionString", "10.0.0.2:6379"),
        ("TagCache:Access:Keys:abcdefgh:Hash", new string('0', 64)),
        ("TagCache:Access:Keys:abcdefgh:Scopes", "read"),
    ];

    private static SiloProgramOptions Read(params (string Setting, string? Value)[] settings) => SettingsCheck.Read(Configuration(settings)).Options;

    private static IConfigurationRoot Configuration(params (string Setting, string? Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(item => item.Setting, item => item.Value)).Build();
}
