using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Connections.Security;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Tls;

/// <summary>
/// Puts mutual TLS between Orleans and its connections. Orleans' package for TLS performs the handshakes and carries the bytes; the rules are here: which certificates are shown and trusted,
/// who a peer must be, how many handshakes may be in progress, and how long one may take.
/// </summary>
/// <remarks>
/// Thread-safe. A connection takes three steps: <see cref="Begin"/>, the package, and <see cref="PassOn"/>, which lets it go on to Orleans only if this process's own check has accepted the peer,
/// whatever the package did.
/// </remarks>
internal sealed partial class ClusterTls(IOptions<ClusterTlsOptions> options, TimeProvider time, ILogger<ClusterTls> log) : IOwnCertificate
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(3);

    private readonly ClusterTlsOptions _options = options.Value;
    private readonly HandshakePlaces _places = new();
    private readonly Lock _reading = new();
    private Loaded? _loaded;

    /// <summary>Silos connect here: only silos may.</summary>
    public void AcceptSilos(IConnectionBuilder builder) => Accept(builder, _options.SiloName);

    /// <summary>Clients connect here; so may silos.</summary>
    public void AcceptClients(IConnectionBuilder builder) => Accept(builder, _options.ClientName, _options.SiloName);

    /// <summary>This process connects to a silo.</summary>
    public void Connect(IConnectionBuilder builder)
    {
        builder.Use(next => connection => Begin(connection, next, [_options.SiloName], ended: null));
        builder.UseClientTls(ForThePackage());
        builder.Use(next => connection => PassOn(connection, next));
    }

    private void Accept(IConnectionBuilder builder, params string[] names)
    {
        builder.Use(next => connection => TakePlace(connection, next, names));
        builder.UseServerTls(ForThePackage());
        builder.Use(next => connection => PassOn(connection, next));
    }

    /// <summary>
    /// Each handshake configures itself. The package's own check of certificates is off, and so is its time-out: the check is given neither the connection nor a certificate that was not sent,
    /// and cannot be beside another; the time-out does not say that it was one.
    /// </summary>
    private static TlsOptions ForThePackage() => new()
    {
        RemoteCertificateMode = RemoteCertificateMode.NoCertificate,
        HandshakeTimeout = Timeout.InfiniteTimeSpan,
        LocalServerCertificateSelector = (_, _) => throw new InvalidOperationException("The certificate is set by the handshake."),
        OnAuthenticateAsServer = (connection, tls) => Handshake.Of(connection).Configure((SslServerAuthenticationOptions)tls.SslServerAuthenticationOptions),
        OnAuthenticateAsClient = (connection, tls) => Handshake.Of(connection).Configure((SslClientAuthenticationOptions)tls.SslClientAuthenticationOptions),
    };

    private async Task TakePlace(ConnectionContext connection, ConnectionDelegate next, string[] names)
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        if (!_places.TryTake(address))
        {
            LogFull(connection.RemoteEndPoint?.ToString());
            connection.Abort();
            return;
        }

        await Begin(connection, next, names, () => _places.GiveBack(address)).ConfigureAwait(false);
    }

    private async Task Begin(ConnectionContext connection, ConnectionDelegate next, string[] names, Action? ended)
    {
        Handshake handshake;
        try
        {
            var certificates = Certificates();
            handshake = new(certificates.Set, certificates.Context, names, late => StartPatience(connection, late), ended);
        }
        catch (Exception exception) when (exception is InvalidDataException or CryptographicException)
        {
            ended?.Invoke();
            LogRefused(connection.RemoteEndPoint?.ToString(), exception.Message);
            connection.Abort();
            return;
        }

        connection.Features.Set(handshake);
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            handshake.End();
            if (!handshake.HasPassed)
            {
                LogRefused(connection.RemoteEndPoint?.ToString(), handshake.Reason);
                connection.Abort();
            }
        }
    }

    private static async Task PassOn(ConnectionContext connection, ConnectionDelegate next)
    {
        var handshake = Handshake.Of(connection);
        handshake.End();
        if (handshake.IsAccepted)
        {
            handshake.HasPassed = true;
            await next(connection).ConfigureAwait(false);
        }
    }

    private ITimer StartPatience(ConnectionContext connection, Action late) => time.CreateTimer(
        _ =>
        {
            late();
            connection.Abort();
        },
        null,
        _options.HandshakeTimeout,
        Timeout.InfiniteTimeSpan);

    /// <inheritdoc/>
    public CertificateReport? Report()
    {
        try
        {
            var own = Certificates().Set.Own;
            return new(own.Subject, new DateTimeOffset(own.NotBefore).ToUniversalTime(), new DateTimeOffset(own.NotAfter).ToUniversalTime());
        }
        catch (Exception exception) when (exception is InvalidDataException or CryptographicException)
        {
            return null;
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
}
