using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Transport;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>How long something that does not answer is left alone.</summary>
public sealed class ProbeGateTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void MayTry_AfterFailures_LetsOneProbeThrough_AfterPausesThatDoubleUpToABound()
    {
        var gate = new ProbeGate(_time, tolerated: 0, TimeSpan.FromSeconds(1), mostDoublings: 5);
        Assert.True(gate.MayTry());
        var pause = 1;
        for (var failures = 1; failures <= 10; failures++)
        {
            Assert.Equal(failures == 1, gate.Failed());
            _time.Advance(TimeSpan.FromSeconds(pause) - TimeSpan.FromMilliseconds(1));
            Assert.False(gate.MayTry());
            _time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.True(gate.MayTry());
            Assert.False(gate.MayTry());
            pause = Math.Min(2 * pause, 32);
        }
    }

    /// <summary>Calls that were under way together and end together are one sign of silence, not many probes.</summary>
    [Fact]
    public void Failed_OfCallsFromBeforeThePause_DoesNotLengthenIt()
    {
        var gate = new ProbeGate(_time, tolerated: 0, TimeSpan.FromSeconds(1), mostDoublings: 5);
        Assert.Equal([true, false, false, false], Enumerable.Range(0, 4).Select(_ => gate.Failed()));
        _time.Advance(TimeSpan.FromMilliseconds(900));
        Assert.False(gate.Failed());
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.True(gate.MayTry());

        // The probe's own failure counts, and only that.
        gate.Failed();
        gate.Failed();
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(gate.MayTry());
    }

    [Fact]
    public void Failed_AsOftenAsTolerated_LeavesTheGateOpen()
    {
        var gate = new ProbeGate(_time, tolerated: 4, TimeSpan.FromSeconds(1), mostDoublings: 0);
        for (var failures = 1; failures <= 4; failures++)
        {
            Assert.False(gate.Failed());
            Assert.True(gate.MayTry() && gate.MayTry());
        }

        Assert.True(gate.Failed());
        Assert.False(gate.MayTry());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(gate.MayTry());
        Assert.False(gate.MayTry());
    }

    [Fact]
    public void Succeeded_OpensTheGate_AndForgetsTheFailures()
    {
        var gate = new ProbeGate(_time, tolerated: 1, TimeSpan.FromSeconds(1), mostDoublings: 0);
        gate.Failed();
        Assert.False(gate.Succeeded());
        gate.Failed();
        Assert.True(gate.IsOpen);
        gate.Failed();
        Assert.False(gate.IsOpen);
        Assert.True(gate.Succeeded());
        Assert.True(gate.MayTry() && gate.MayTry());
    }
}
