using OrleansTagCache.Tls;
using Xunit;

namespace OrleansTagCache.Tests.Tls;

/// <summary>What is wrong with files of certificates is said at start-up, and not by the others later.</summary>
public sealed class ClusterTlsOptionsTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public void Silo_WithACertificateOfSilos_IsWithoutFault() => Assert.Empty(Faults("silo.tagcache", isSilo: true));

    [Theory]
    [InlineData("silo.tagcache")]
    [InlineData("client.tagcache")]
    public void Client_WithEither_IsWithoutFault(string name) => Assert.Empty(Faults(name, isSilo: false));

    [Fact]
    public void Silo_WithACertificateOfClients_IsTold() =>
        Assert.Contains("carries none of the names silo.tagcache.", Assert.Single(Faults("client.tagcache", isSilo: true)), StringComparison.Ordinal);

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Silo_WithACertificateOfOneUse_IsTold(bool forServers, bool forClients)
    {
        _authority.Issue("own", "silo.tagcache", forServers: forServers, forClients: forClients);
        Assert.Contains("is not for this use", Assert.Single(Faults(isSilo: true)), StringComparison.Ordinal);
    }

    [Fact]
    public void Certificate_ThatHasEnded_IsNamed()
    {
        _authority.Issue("own", "silo.tagcache", fromDays: -3, toDays: -1);
        Assert.Contains("is not valid now", Assert.Single(Faults(isSilo: true)), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_ThatAreMissing_AreAllNamed()
    {
        var fault = Assert.Single(ClusterTlsOptionsValidator.Faults(new() { Certificate = "no/such.pem" }, isSilo: true));
        Assert.Contains("Certificate names 'no/such.pem', which cannot be read", fault, StringComparison.Ordinal);
        Assert.Contains("Authority must name a file.", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Certificate_WithoutItsKey_IsNamed()
    {
        _authority.Issue("own", "silo.tagcache");
        var options = new ClusterTlsOptions();
        _authority.Use(options, "own");
        options.Key = null;
        Assert.StartsWith("Certificate names ", Assert.Single(ClusterTlsOptionsValidator.Faults(options, isSilo: true)), StringComparison.Ordinal);
    }

    [Fact]
    public void NamesAndTimes_OutOfRange_AreAllNamed()
    {
        _authority.Issue("own", "silo.tagcache");
        var options = new ClusterTlsOptions { ClientName = " ", HandshakeTimeout = TimeSpan.FromMilliseconds(999) };
        _authority.Use(options, "own");
        Assert.Equal(
            ["SiloName and ClientName must be DNS names.", "HandshakeTimeout must be from 00:00:01 to 00:01:00; it is 00:00:00.9990000."],
            ClusterTlsOptionsValidator.Faults(options, isSilo: true));
    }

    private List<string> Faults(string name, bool isSilo)
    {
        _authority.Issue("own", name);
        return Faults(isSilo);
    }

    private List<string> Faults(bool isSilo)
    {
        var options = new ClusterTlsOptions();
        _authority.Use(options, "own");
        return [.. ClusterTlsOptionsValidator.Faults(options, isSilo)];
    }
}
