using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansTagCache.Tls;

/// <summary>The handshake of one connection: the certificates that this process shows and trusts in it, whom it accepts, and what came of it.</summary>
/// <remarks>
/// Used by the steps of its connection, one after the other, and by the callbacks of <see cref="SslStream"/> between them. Only the timer runs beside these, and <see cref="End"/> may be
/// called by any thread.
/// </remarks>
internal sealed class Handshake
{
    private readonly CertificateSet _certificates;
    private readonly SslStreamCertificateContext _own;
    private readonly string[] _names;
    private readonly ITimer _patience;
    private volatile bool _isLate;
    private Action? _ended;

    /// <param name="certificates">What this process trusts.</param>
    /// <param name="own">What it shows.</param>
    /// <param name="names">One of which the peer's certificate must carry; the first is what this process asks for if it connects.</param>
    /// <param name="startPatience">Starts the time-out, given what to do when it is over.</param>
    /// <param name="ended">Called once, when the handshake has ended.</param>
    public Handshake(CertificateSet certificates, SslStreamCertificateContext own, string[] names, Func<Action, ITimer> startPatience, Action? ended)
    {
        (_certificates, _own, _names, _ended) = (certificates, own, names, ended);
        _patience = startPatience(() => _isLate = true);
    }

    /// <summary>Whether the peer has shown a certificate that is accepted. Nothing else lets a connection go on to Orleans.</summary>
    public bool IsAccepted { get; private set; }

    /// <summary>Whether the connection went on to Orleans.</summary>
    public bool HasPassed { get; set; }

    /// <summary>Why it failed, in words that a person can act on.</summary>
    public string Reason => Refusal ?? (_isLate
        ? "It did not finish the handshake in time. Does it use TLS?"
        : "It does not speak TLS as this process does, or it refused this process's certificate; its own log says more.");

    private string? Refusal { get; set; }

    public static Handshake Of(ConnectionContext connection) => connection.Features.GetRequiredFeature<Handshake>();

    /// <summary>Has Orleans' package perform it as the side that was connected to.</summary>
    public void Configure(SslServerAuthenticationOptions tls)
    {
        // The package's selection would build the chain anew for each connection, and might fetch what is missing in it.
        tls.ServerCertificateSelectionCallback = null;
        tls.ServerCertificateContext = _own;
        tls.ClientCertificateRequired = true;
        tls.CertificateChainPolicy = PeerCheck.Policy(_certificates.Authorities, PeerCheck.Client);
        tls.RemoteCertificateValidationCallback = Check;
        tls.AllowRenegotiation = false;

        // Every connection shows its certificate: none is let in on what another one showed, at another port or to other authorities.
        tls.AllowTlsResume = false;
    }

    /// <summary>Has Orleans' package perform it as the side that connects.</summary>
    public void Configure(SslClientAuthenticationOptions tls)
    {
        tls.TargetHost = _names[0];
        tls.ClientCertificateContext = _own;
        tls.CertificateChainPolicy = PeerCheck.Policy(_certificates.Authorities, PeerCheck.Server);
        tls.RemoteCertificateValidationCallback = Check;
        tls.AllowRenegotiation = false;
        tls.AllowTlsResume = false;
    }

    /// <summary>Ends the time-out, and frees what the handshake has taken. Only the first call does.</summary>
    public void End()
    {
        _patience.Dispose();
        Interlocked.Exchange(ref _ended, null)?.Invoke();
    }

    private bool Check(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors faults)
    {
        Refusal = PeerCheck.Refusal(certificate as X509Certificate2, chain, _names);
        return IsAccepted = Refusal is null && !faults.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors);
    }
}
