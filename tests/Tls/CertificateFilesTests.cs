using OrleansTagCache.Tls;
using Xunit;

namespace OrleansTagCache.Tests.Tls;

/// <summary>When certificates are read again.</summary>
public sealed class CertificateFilesTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("otc-links-").FullName;

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Kubernetes shows a secret as links into a directory, and replaces the directory: nothing changes of the links themselves.</summary>
    [Fact]
    public void StampOf_FilesWhoseDirectoryIsReplaced_Changes()
    {
        Put("..first");
        var options = new ClusterTlsOptions { Certificate = Link("silo.pem"), Key = Link("silo.key"), Authority = _authority.AuthorityFile };
        Show("..first");
        var (stamp, first) = (CertificateFiles.StampOf(options), CertificateFiles.Read(options).Own.Thumbprint);
        Assert.Equal(stamp, CertificateFiles.StampOf(options));

        Put("..second");
        Show("..second");

        Assert.NotEqual(first, CertificateFiles.Read(options).Own.Thumbprint);
        Assert.NotEqual(stamp, CertificateFiles.StampOf(options));
    }

    private void Put(string version)
    {
        _authority.Issue("silo", "silo.tagcache");
        Directory.CreateDirectory(Path.Combine(_folder, version));
        File.Copy(_authority.CertificateFile("silo"), Path.Combine(_folder, version, "silo.pem"));
        File.Copy(_authority.KeyFile("silo"), Path.Combine(_folder, version, "silo.key"));
    }

    private string Link(string file)
    {
        File.CreateSymbolicLink(Path.Combine(_folder, file), $"..data/{file}");
        return Path.Combine(_folder, file);
    }

    private void Show(string version)
    {
        File.Delete(Path.Combine(_folder, "..data"));
        File.CreateSymbolicLink(Path.Combine(_folder, "..data"), version);
    }
}
