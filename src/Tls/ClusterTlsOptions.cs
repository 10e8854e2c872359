namespace OrleansTagCache;

/// <summary>Mutual TLS on the connections between silos and from clients to silos. Both sides show a certificate that one authority signed.</summary>
/// <remarks>The files are looked at again every few seconds; changed ones are used for new connections, without a restart.</remarks>
public sealed class ClusterTlsOptions
{
    /// <summary>The file of this process's certificate: PEM, with what is between it and the authority after it, or PKCS #12 if it ends in <c>.pfx</c> or <c>.p12</c>.</summary>
    /// <value>Default none.</value>
    public string? Certificate { get; set; }

    /// <summary>The PEM file of its private key; not for PKCS #12.</summary>
    /// <value>Default none.</value>
    public string? Key { get; set; }

    /// <summary>The password of a PKCS #12 file, if it has one.</summary>
    /// <value>Default none.</value>
    public string? Password { get; set; }

    /// <summary>The PEM file of the authorities whose certificates are taken. Those of the machine are not.</summary>
    /// <value>Default none.</value>
    public string? Authority { get; set; }

    /// <summary>The DNS name that certificates of silos carry. A process without a certificate of that name cannot be a silo.</summary>
    /// <value>Default <c>silo.tagcache</c>.</value>
    public string SiloName { get; set; } = "silo.tagcache";

    /// <summary>The DNS name that certificates of clients carry. Gateways accept it, and that of silos.</summary>
    /// <value>Default <c>client.tagcache</c>.</value>
    public string ClientName { get; set; } = "client.tagcache";

    /// <summary>How long a handshake may take.</summary>
    /// <value>1 s to 1 min; default 10 s.</value>
    [SettingRange("00:00:01", "00:01:00")]
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether mutual TLS is wanted at all: one of the files is named.</summary>
    internal bool IsWanted => Certificate is not null || Key is not null || Authority is not null;
}
