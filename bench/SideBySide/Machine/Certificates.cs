using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansTagCache.Bench.SideBySide.Machine;

/// <summary>An authority, and a certificate of a silo and one of a client, in a folder that goes with it.</summary>
internal sealed class Certificates : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("otc-bench-").FullName;

    public Certificates()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var authority = request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(2));
        File.WriteAllText(In("ca.pem"), authority.ExportCertificatePem());
        Issue(authority, "silo");
        Issue(authority, "client");
    }

    /// <summary>What a silo's command line says of it.</summary>
    public string[] SiloSettings => [$"--TagCache:Tls:Certificate={In("silo.pem")}", $"--TagCache:Tls:Key={In("silo.key")}", $"--TagCache:Tls:Authority={In("ca.pem")}"];

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public void UseForClient(ClusterTlsOptions tls) => (tls.Certificate, tls.Key, tls.Authority) = (In("client.pem"), In("client.key"), In("ca.pem"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Issue(X509Certificate2 authority, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName($"{name}.tagcache");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1"), new("1.3.6.1.5.5.7.3.2")], false));
        using var certificate = request.Create(authority, Now.AddHours(-1), Now.AddDays(1), RandomNumberGenerator.GetBytes(16));
        File.WriteAllText(In($"{name}.key"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(In($"{name}.pem"), certificate.ExportCertificatePem());
    }

    private string In(string file) => Path.Combine(_folder, file);
}
