using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTagCache.Membership;
using OrleansTagCache.Silo.Running;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>A silo that ends itself serves nothing from then on, says why in one line, and ends whatever is stuck.</summary>
public sealed class FatalEndTests : IDisposable
{
    private readonly ServingLease _lease = new(_ => Task.FromResult(true), () => { }, TimeSpan.FromMinutes(1), TimeProvider.System, NullLogger<ServingLease>.Instance);
    private readonly CapturedLog _log = new();
    private readonly List<int> _codes = [];
    private readonly StringWriter _said = new() { NewLine = "\n" };

    public void Dispose() => _lease.Dispose();

    [Fact]
    public async Task End_GivesTheLeaseUp_BeforeAnythingElse()
    {
        await _lease.StartRenewing();
        _lease.BeginServing();
        Assert.True(_lease.IsValid());
        var wasValid = true;

        End(new Writer(() => wasValid = _lease.IsValid())).OnFatalException("Orleans", "It is dead.");

        Assert.False(wasValid);
        Assert.Equal([ExitCode.EndedItself], _codes);
    }

    [Fact]
    public void End_OfADeadSilo_SaysSoInOneLine()
    {
        End().OnFatalException("Orleans", "It is\ndead.");

        Assert.Equal("The silo ends itself, and must be started again: It is dead.\n", _said.ToString());
        Assert.Empty(_log.Text);
    }

    [Fact]
    public void End_OfARefusedSilo_NamesTheVersions()
    {
        End().OnFatalException("JoinAndLeave", "context", new TagCacheVersionException("1 and 2."));

        Assert.Equal("The silo ends itself, and must be started again: 1 and 2.\n", _said.ToString());
        Assert.Empty(_log.Text);
    }

    /// <summary>A fault that nobody has foreseen has its stack in the log.</summary>
    [Fact]
    public void End_AfterAnException_LogsIt()
    {
        End().OnFatalException("Orleans", "Refresh", new InvalidOperationException("boom"));

        Assert.Equal("The silo ends itself, and must be started again: Refresh has failed (InvalidOperationException: boom)\n", _said.ToString());
        Assert.Contains("System.InvalidOperationException: boom", _log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void End_WhoseOutputAndExitAreStuck_Kills()
    {
        using var stuck = new ManualResetEventSlim();
        var wasKilled = false;
        var end = new FatalEnd(Services())
        {
            Error = new Writer(stuck.Wait),
            Exit = code =>
            {
                _codes.Add(code);
                stuck.Wait();
            },
            Kill = () => wasKilled = true,
            Patience = TimeSpan.FromMilliseconds(50),
        };

        end.OnFatalException();

        Assert.True(wasKilled);
        Assert.Equal([ExitCode.EndedItself], _codes);
        stuck.Set();
    }

    private FatalEnd End(TextWriter? error = null) => new(Services()) { Error = error ?? _said, Exit = _codes.Add, Kill = () => Assert.Fail("It has ended."), Patience = TimeSpan.FromMinutes(1) };

    private ServiceProvider Services() => new ServiceCollection().AddSingleton(_lease).AddLogging(logging => logging.AddProvider(_log)).BuildServiceProvider();

    private sealed class Writer(Action writing) : StringWriter
    {
        public override void WriteLine(string? value) => writing();
    }
}
