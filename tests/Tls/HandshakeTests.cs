using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Tls;
using Xunit;

namespace OrleansTagCache.Tests.Tls;

/// <summary>What is around the handshakes of Orleans' package: places, the time-out, and that only a peer that was checked goes on to Orleans.</summary>
public sealed class HandshakeTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly FakeTimeProvider _time = new();
    private readonly CapturedLog _log = new();
    private readonly ServiceProvider _services;
    private readonly ClusterTls _tls;

    public HandshakeTests()
    {
        _authority.Issue("silo", "silo.tagcache");
        var options = new ClusterTlsOptions();
        _authority.Use(options, "silo");
        _services = new ServiceCollection().AddLogging(logging => logging.AddProvider(_log)).BuildServiceProvider();
        _tls = new(Options.Create(options), _time, _services.GetRequiredService<ILogger<ClusterTls>>());
    }

    public void Dispose()
    {
        _services.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public async Task Handshakes_ThatDoNotEnd_KeepTheirPlaces_UntilTheTimeout()
    {
        var accept = Pipeline(_tls.AcceptSilos, _ => Task.CompletedTask);
        Task[] silent = [.. Enumerable.Range(0, HandshakePlaces.OfOneNetwork).Select(_ => accept(new Connection()))];

        await accept(new Connection()).Soon();
        Assert.Contains("too many handshakes are in progress", _log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(silent, handshake => handshake.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(10));
        await Task.WhenAll(silent).Soon();
        Assert.Equal(HandshakePlaces.OfOneNetwork, _log.Text.Split("was refused. It did not finish the handshake in time").Length - 1);

        var next = accept(new Connection());
        Assert.False(next.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(10));
        await next.Soon();
    }

    [Fact]
    public async Task Handshakes_ThatSucceeded_HaveGivenTheirPlacesBack_AndHaveNoTimeout()
    {
        var (open, passed, passes) = (new TaskCompletionSource(), 0, new Signal());
        var accept = Pipeline(_tls.AcceptSilos, _ => open.Task);
        var connect = Pipeline(_tls.Connect, async _ =>
        {
            Interlocked.Increment(ref passed);
            passes.Set();
            await open.Task;
        });

        var connections = new List<Task>();
        for (var i = 1; i <= HandshakePlaces.OfOneNetwork + 1; i++)
        {
            var (one, other) = Connection.Pair();
            connections.AddRange(accept(one), connect(other));
            await passes.Until(() => Volatile.Read(ref passed) == i, () => _log.Text);
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.DoesNotContain(connections, connection => connection.IsCompleted);
        open.SetResult();
        await Task.WhenAll(connections).Soon();
        Assert.DoesNotContain("A connection with", _log.Text, StringComparison.Ordinal);
    }

    /// <summary>Whatever the package does: who was not checked here is not let in.</summary>
    [Fact]
    public async Task Connection_WhosePeerWasNotChecked_DoesNotGoOnToOrleans()
    {
        var passed = false;
        var accept = Pipeline(
            builder => _tls.AcceptSilos(new WithoutThePackage(builder)),
            _ =>
            {
                passed = true;
                return Task.CompletedTask;
            });

        using var connection = new Connection();
        await accept(connection).Soon();

        Assert.False(passed);
        Assert.True(connection.IsAborted);
        Assert.Contains("A connection with 10.0.0.1:1 was refused.", _log.Text, StringComparison.Ordinal);
    }

    private ConnectionDelegate Pipeline(Action<IConnectionBuilder> configure, ConnectionDelegate orleans)
    {
        var builder = new ConnectionBuilder(_services);
        configure(builder);
        builder.Use(_ => orleans);
        return builder.Build();
    }

    /// <summary>Leaves out the second step.</summary>
    private sealed class WithoutThePackage(IConnectionBuilder inner) : IConnectionBuilder
    {
        private int _steps;

        public IServiceProvider ApplicationServices => inner.ApplicationServices;

        public ConnectionDelegate Build() => inner.Build();

        public IConnectionBuilder Use(Func<ConnectionDelegate, ConnectionDelegate> middleware)
        {
            if (++_steps != 2)
            {
                inner.Use(middleware);
            }

            return this;
        }
    }

    /// <summary>One in memory. When it is aborted, its peer hears no more.</summary>
    private sealed class Connection : DefaultConnectionContext, IDisposable
    {
        private readonly Pipe _incoming;
        private readonly Pipe _outgoing;

        public Connection()
            : this(new(), new())
        {
        }

        private Connection(Pipe incoming, Pipe outgoing)
        {
            (_incoming, _outgoing) = (incoming, outgoing);
            Transport = new Duplex(incoming.Reader, outgoing.Writer);
            RemoteEndPoint = new IPEndPoint(IPAddress.Parse("10.0.0.1"), 1);
        }

        public bool IsAborted { get; private set; }

        public static (Connection, Connection) Pair()
        {
            var (there, back) = (new Pipe(), new Pipe());
            return (new(there, back), new(back, there));
        }

        public override void Abort(ConnectionAbortedException abortReason)
        {
            IsAborted = true;
            _incoming.Writer.Complete();
            _outgoing.Reader.Complete();
        }

        public void Dispose() => Abort(new());

        private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
    }
}
