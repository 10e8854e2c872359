using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansTagCache.Tls;

/// <summary>A certificate with its private key, what is between it and its authority, and the authorities that are trusted.</summary>
internal sealed record CertificateSet(X509Certificate2 Own, X509Certificate2Collection Between, X509Certificate2Collection Authorities);

/// <summary>Reads the files that the options name.</summary>
internal static class CertificateFiles
{
    /// <exception cref="InvalidDataException">A file is missing or cannot be read as what it should be; all that is wrong is named.</exception>
    public static CertificateSet Read(ClusterTlsOptions options)
    {
        var faults = new List<string>();
        var own = Try(options.Certificate, nameof(options.Certificate), path => Own(path, options), faults);
        var between = Try(options.Certificate, null, path => Between(path, options.Password), faults);
        var authorities = Try(options.Authority, nameof(options.Authority), Pem, faults);
        if (own is { HasPrivateKey: false })
        {
            faults.Add($"{nameof(options.Certificate)} has no private key.");
        }

        return faults.Count == 0 ? new(own!, between!, authorities!) : throw new InvalidDataException(string.Join(" ", faults));
    }

    /// <summary>Changes when the content of one of the files does. What is known of a file without reading it is of its link, where it is one: Kubernetes replaces the directory that the links point into.</summary>
    public static string StampOf(ClusterTlsOptions options) =>
        string.Join('|', new[] { options.Certificate, options.Key, options.Authority }.OfType<string>().Select(HashOf));

    private static string HashOf(string path)
    {
        try
        {
            return Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return "none";
        }
    }

    private static X509Certificate2 Own(string path, ClusterTlsOptions options) => IsPkcs12(path)
        ? X509CertificateLoader.LoadPkcs12FromFile(path, options.Password)
        : Usable(X509Certificate2.CreateFromPemFile(path, options.Key));

    /// <summary>Windows does not use keys for TLS that are in memory alone, as those of PEM files are.</summary>
    private static X509Certificate2 Usable(X509Certificate2 certificate)
    {
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        using (certificate)
        {
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
        }
    }

    private static X509Certificate2Collection Between(string path, string? password) =>
        [.. (IsPkcs12(path) ? X509CertificateLoader.LoadPkcs12CollectionFromFile(path, password) : Pem(path)).Skip(1)];

    private static X509Certificate2Collection Pem(string path)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPemFile(path);
        return all.Count > 0 ? all : throw new CryptographicException("it has no certificate");
    }

    private static bool IsPkcs12(string path) =>
        path.EndsWith(".pfx", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".p12", StringComparison.OrdinalIgnoreCase);

    private static T? Try<T>(string? path, string? option, Func<string, T> read, List<string> faults)
        where T : class
    {
        try
        {
            if (!string.IsNullOrWhiteSpace(path))
            {
                return read(path);
            }

            if (option is not null)
            {
                faults.Add($"{option} must name a file.");
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            if (option is not null)
            {
                faults.Add($"{option} names '{path}', which cannot be read: {exception.Message.TrimEnd('.')}.");
            }
        }

        return null;
    }
}
