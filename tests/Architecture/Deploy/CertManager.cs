using k8s;
using k8s.Models;

namespace OrleansTagCache.Tests.Architecture.Deploy;

/// <summary>The parts of cert-manager's resources (cert-manager.io/v1) that the example uses.</summary>
public sealed class CertManagerIssuer : IKubernetesObject<V1ObjectMeta>
{
    public required string ApiVersion { get; set; }

    public required string Kind { get; set; }

    public required V1ObjectMeta Metadata { get; set; }

    public required IssuerSpec Spec { get; set; }

    public sealed class IssuerSpec
    {
        public Dictionary<string, string>? SelfSigned { get; set; }

        public CaSpec? Ca { get; set; }
    }

    public sealed class CaSpec
    {
        public required string SecretName { get; set; }
    }
}

/// <inheritdoc cref="CertManagerIssuer"/>
public sealed class CertManagerCertificate : IKubernetesObject<V1ObjectMeta>
{
    public required string ApiVersion { get; set; }

    public required string Kind { get; set; }

    public required V1ObjectMeta Metadata { get; set; }

    public required CertificateSpec Spec { get; set; }

    public sealed class CertificateSpec
    {
        public bool IsCA { get; set; }

        public string? CommonName { get; set; }

        public List<string> DnsNames { get; set; } = [];

        public required string SecretName { get; set; }

        public List<string> Usages { get; set; } = [];

        public string? Duration { get; set; }

        public string? RenewBefore { get; set; }

        public PrivateKeySpec? PrivateKey { get; set; }

        public required IssuerRefSpec IssuerRef { get; set; }
    }

    public sealed class PrivateKeySpec
    {
        public string? Algorithm { get; set; }

        public int Size { get; set; }

        public string? RotationPolicy { get; set; }
    }

    public sealed class IssuerRefSpec
    {
        public required string Name { get; set; }

        public required string Kind { get; set; }
    }
}
