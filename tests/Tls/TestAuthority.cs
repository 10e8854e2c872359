using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansTagCache.Tests.Tls;

/// <summary>An authority made on the spot, and certificates of its own in a folder that goes with it.</summary>
public sealed class TestAuthority : IDisposable
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _own;
    private readonly string _folder = Directory.CreateTempSubdirectory("otc-tls-").FullName;

    public TestAuthority(string name = "Test authority")
    {
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _own = request.CreateSelfSigned(Now.AddDays(-10), Now.AddDays(10));
        File.WriteAllText(AuthorityFile, _own.ExportCertificatePem());
    }

    public string AuthorityFile => Path.Combine(_folder, "ca.pem");

    /// <summary>Writes a certificate with its key, over one of the same file name; it may say where its authority's is to be had.</summary>
    public void Issue(string file, string dnsName, int fromDays = -1, int toDays = 1, bool forServers = true, bool forClients = true, string? issuerAt = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={file}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(dnsName);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        OidCollection uses = [.. forServers ? [new Oid("1.3.6.1.5.5.7.3.1")] : Array.Empty<Oid>(), .. forClients ? [new Oid("1.3.6.1.5.5.7.3.2")] : Array.Empty<Oid>()];
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(uses, false));
        if (issuerAt is not null)
        {
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(ocspUris: null, caIssuersUris: [issuerAt]));
        }

        using var certificate = request.Create(_own, Now.AddDays(fromDays), Now.AddDays(toDays), RandomNumberGenerator.GetBytes(16));
        File.WriteAllText(KeyFile(file), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(CertificateFile(file), certificate.ExportCertificatePem());
    }

    public string CertificateFile(string file) => Path.Combine(_folder, $"{file}.pem");

    public string KeyFile(string file) => Path.Combine(_folder, $"{file}.key");

    public X509Certificate2 Load(string file) => X509Certificate2.CreateFromPemFile(CertificateFile(file), KeyFile(file));

    /// <summary>Uses a certificate of this authority, and trusts that one.</summary>
    public void Use(ClusterTlsOptions options, string file, TestAuthority? trusted = null) =>
        (options.Certificate, options.Key, options.Authority) = (CertificateFile(file), KeyFile(file), (trusted ?? this).AuthorityFile);

    public void Dispose()
    {
        _own.Dispose();
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
