using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansTagCache.Cli.Contexts;
using OrleansTagCache.Cli.Running;

namespace OrleansTagCache.Cli.Api;

/// <summary>The TLS of the connections to silos: whom they trust, what they show, and what they have seen.</summary>
/// <remarks>Thread-safe once it is made.</remarks>
internal sealed class ClientTls : IDisposable
{
    private readonly X509Certificate2Collection? _authorities;
    private readonly string? _serverName;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ServerCertificate> _seen = new(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="CliFault">A file cannot be read as what it should be.</exception>
    public ClientTls(CliContext context, CliHost host)
    {
        _serverName = context.ServerName;
        _authorities = context.Authority is { } authority ? Read("--ca", authority, Authorities) : null;
        if (context is { CertificateKey: not null, Certificate: null })
        {
            throw CliFault.Usage("--cert-key names the private key of a certificate, and --cert names none.");
        }

        Own = context.Certificate is { } certificate ? Read("--cert", certificate, path => Certificate(path, context.CertificateKey, host.Variable("OTC_CERT_PASSWORD"))) : null;
        if (Own is { HasPrivateKey: false })
        {
            throw CliFault.Usage($"'{context.Certificate}' has no private key.", "Name its file with --cert-key.");
        }
    }

    /// <summary>This client's certificate.</summary>
    public X509Certificate2? Own { get; }

    public SslClientAuthenticationOptions Options() => new()
    {
        RemoteCertificateValidationCallback = Accepts,
        ClientCertificates = Own is null ? null : [Own],
        LocalCertificateSelectionCallback = Own is null ? null : (_, _, _, _, _) => Own,
    };

    /// <summary>What the silo at that host has shown last; null if it has shown nothing.</summary>
    public ServerCertificate? Of(Uri url)
    {
        lock (_gate)
        {
            return _seen.GetValueOrDefault(url.IdnHost);
        }
    }

    public void Dispose() => Own?.Dispose();

    private bool Accepts(object sender, X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors)
    {
        var host = sender is SslStream { TargetHostName: { } name } ? name : string.Empty;
        if (shown is null)
        {
            return false;
        }

        using var certificate = new X509Certificate2(shown);
        var fault = FaultOf(certificate, host, chain, errors);
        lock (_gate)
        {
            _seen[host] = new(certificate.Subject, new DateTimeOffset(certificate.NotBefore).ToUniversalTime(), new DateTimeOffset(certificate.NotAfter).ToUniversalTime(), fault);
        }

        return fault is null;
    }

    private string? FaultOf(X509Certificate2 certificate, string host, X509Chain? chain, SslPolicyErrors errors)
    {
        if (_serverName is { } name ? !certificate.MatchesHostname(name) : errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            return $"its certificate ({certificate.Subject}) is not for '{_serverName ?? host}': --server-name says which name it carries";
        }

        if (_authorities is null)
        {
            return errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) ? $"its certificate ({certificate.Subject}) is not trusted: {Reasons(chain)}. --ca names the file of its authority" : null;
        }

        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        own.ChainPolicy.DisableCertificateDownloads = true;
        own.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1"));
        if (chain is not null)
        {
            own.ChainPolicy.ExtraStore.AddRange(chain.ChainElements.Select(element => element.Certificate).ToArray());
        }

        return own.Build(certificate) ? null : $"its certificate ({certificate.Subject}) is not one of the authority in --ca: {Reasons(own)}";
    }

    private static string Reasons(X509Chain? chain) => chain is null or { ChainStatus: [] } ? "its chain cannot be built" : string.Join(", ", chain.ChainStatus.Select(status => status.StatusInformation.Trim().TrimEnd('.')).Distinct(StringComparer.Ordinal));

    private static X509Certificate2Collection Authorities(string path)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPemFile(path);
        return all.Count > 0 ? all : throw new CryptographicException("it has no certificate");
    }

    private static X509Certificate2 Certificate(string path, string? key, string? password)
    {
        if (path.EndsWith(".pfx", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".p12", StringComparison.OrdinalIgnoreCase))
        {
            return X509CertificateLoader.LoadPkcs12FromFile(path, password);
        }

        var certificate = X509Certificate2.CreateFromPemFile(path, key ?? path);
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        // Windows does not use keys for TLS that are in memory alone.
        using (certificate)
        {
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
        }
    }

    private static T Read<T>(string option, string path, Func<string, T> read)
    {
        try
        {
            return read(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw CliFault.Usage($"{option} names '{path}', which cannot be read: {exception.Message.TrimEnd('.')}.");
        }
    }
}

/// <summary>The certificate that a silo's HTTPS has shown.</summary>
/// <param name="Subject">Whose it is.</param>
/// <param name="From">When it begins to be valid.</param>
/// <param name="To">When it ends.</param>
/// <param name="Fault">Why it was refused; null if it was not.</param>
internal sealed record ServerCertificate(string Subject, DateTimeOffset From, DateTimeOffset To, string? Fault);
