using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Tls;

/// <summary>Puts mutual TLS between Orleans and its connections. A peer whose certificate is refused never gets to speak to Orleans.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed partial class ClusterTls(IOptions<ClusterTlsOptions> options, TimeProvider time, ILogger<ClusterTls> log)
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(3);

    private readonly ClusterTlsOptions _options = options.Value;
    private readonly HandshakePlaces _places = new();
    private readonly Lock _reading = new();
    private Loaded? _loaded;

    /// <summary>Silos connect here: only silos may.</summary>
    public void AcceptSilos(IConnectionBuilder builder) => builder.Use(next => connection => Accept(connection, next, _options.SiloName));

    /// <summary>Clients connect here; so may silos.</summary>
    public void AcceptClients(IConnectionBuilder builder) =>
        builder.Use(next => connection => Accept(connection, next, _options.ClientName, _options.SiloName));

    /// <summary>This process connects to a silo.</summary>
    public void Connect(IConnectionBuilder builder) => builder.Use(next => connection => Connect(connection, next));

    private async Task Accept(ConnectionContext connection, ConnectionDelegate next, params string[] names)
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        if (!_places.TryTake(address))
        {
            LogFull(connection.RemoteEndPoint?.ToString());
            connection.Abort();
            return;
        }

        var stream = new SslStream(new DuplexStream(connection.Transport));
        bool isShaken;
        try
        {
            isShaken = await Shake(connection, (refuse, token) => stream.AuthenticateAsServerAsync(AsServer(refuse, names), token)).ConfigureAwait(false);
        }
        finally
        {
            _places.GiveBack(address);
        }

        await Speak(connection, next, stream, isShaken).ConfigureAwait(false);
    }

    private async Task Connect(ConnectionContext connection, ConnectionDelegate next)
    {
        var stream = new SslStream(new DuplexStream(connection.Transport));
        var isShaken = await Shake(connection, (refuse, token) => stream.AuthenticateAsClientAsync(AsClient(refuse), token)).ConfigureAwait(false);
        await Speak(connection, next, stream, isShaken).ConfigureAwait(false);
    }

    private SslServerAuthenticationOptions AsServer(Action<string> refuse, string[] names)
    {
        var certificates = Certificates();
        return new()
        {
            ServerCertificateContext = certificates.Context,
            ClientCertificateRequired = true,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateChainPolicy = PeerCheck.Policy(certificates.Set.Authorities, PeerCheck.Client),
            AllowRenegotiation = false,

            // Every connection shows its certificate: none is let in on what another one showed, at another port or to other authorities.
            AllowTlsResume = false,
            RemoteCertificateValidationCallback = (_, certificate, chain, faults) => IsTaken(certificate, chain, faults, refuse, names),
        };
    }

    private SslClientAuthenticationOptions AsClient(Action<string> refuse)
    {
        var certificates = Certificates();
        return new()
        {
            TargetHost = _options.SiloName,
            ClientCertificateContext = certificates.Context,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateChainPolicy = PeerCheck.Policy(certificates.Set.Authorities, PeerCheck.Server),
            AllowRenegotiation = false,
            AllowTlsResume = false,
            RemoteCertificateValidationCallback = (_, certificate, chain, faults) => IsTaken(certificate, chain, faults, refuse, _options.SiloName),
        };
    }

    private static bool IsTaken(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors faults, Action<string> refuse, params string[] names)
    {
        var refusal = PeerCheck.Refusal(certificate as X509Certificate2, chain, names);
        if (refusal is not null)
        {
            refuse(refusal);
        }

        return refusal is null && !faults.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors);
    }

    /// <summary>Whether the handshake succeeded; if not, the log says why.</summary>
    private async Task<bool> Shake(ConnectionContext connection, Func<Action<string>, CancellationToken, Task> handshake)
    {
        string? refusal = null;
        using var patience = new CancellationTokenSource(_options.HandshakeTimeout, time);
        using var closed = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, connection.ConnectionClosed);
        try
        {
            await handshake(reason => refusal = reason, closed.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException or OperationCanceledException or InvalidOperationException
            or CryptographicException or InvalidDataException)
        {
            LogRefused(connection.RemoteEndPoint?.ToString(), refusal ?? exception switch
            {
                OperationCanceledException when patience.IsCancellationRequested => "It did not finish the handshake in time. Does it use TLS?",
                InvalidDataException or CryptographicException => exception.Message,
                _ => "It does not speak TLS as this process does, or it refused this process's certificate; its own log says more.",
            });
            return false;
        }
    }

    private static async Task Speak(ConnectionContext connection, ConnectionDelegate next, SslStream stream, bool isShaken)
    {
        await using (stream)
        {
            if (!isShaken)
            {
                connection.Abort();
                return;
            }

            var transport = connection.Transport;
            try
            {
                connection.Transport = new Duplex(PipeReader.Create(stream, new(leaveOpen: true)), PipeWriter.Create(stream, new(leaveOpen: true)));
                await next(connection).ConfigureAwait(false);
            }
            finally
            {
                connection.Transport = transport;
            }
        }
    }

    /// <summary>The certificates as the files have them; what cannot be used leaves the last good ones.</summary>
    private Loaded Certificates()
    {
        lock (_reading)
        {
            if (_loaded is { } loaded && time.Now() - loaded.LookedAt < LookAgainAfter)
            {
                return loaded;
            }

            var stamp = CertificateFiles.StampOf(_options);
            if (_loaded?.Stamp == stamp)
            {
                return _loaded = _loaded with { LookedAt = time.Now() };
            }

            try
            {
                var set = CertificateFiles.Read(_options);
                _loaded = new(set, SslStreamCertificateContext.Create(set.Own, set.Between, offline: true), stamp, time.Now());
                LogLoaded(set.Own.Subject, set.Own.NotAfter.ToUniversalTime());
                return _loaded;
            }
            catch (InvalidDataException exception) when (_loaded is not null)
            {
                LogKept(exception.Message);
                return _loaded = _loaded with { Stamp = stamp, LookedAt = time.Now() };
            }
        }
    }

    [LoggerMessage(7101, LogLevel.Information, "The certificate {Subject} was loaded; it is valid until {End}.")]
    private partial void LogLoaded(string subject, DateTime end);

    [LoggerMessage(7102, LogLevel.Error, "The changed certificate files cannot be used; the last ones stay in use. {Faults}")]
    private partial void LogKept(string faults);

    [LoggerMessage(7103, LogLevel.Warning, "A connection with {Peer} was refused. {Reason}")]
    private partial void LogRefused(string? peer, string reason);

    [LoggerMessage(7104, LogLevel.Warning, "A connection with {Peer} was closed: too many handshakes are in progress, from its network or in all.")]
    private partial void LogFull(string? peer);

    private sealed record Loaded(CertificateSet Set, SslStreamCertificateContext Context, string Stamp, Moment LookedAt);

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
