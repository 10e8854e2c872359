using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Doors;
using OrleansTagCache.Lifetimes;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>How long a door that does not answer is left alone.</summary>
public sealed class DoorHealthTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly DoorHealth _health;

    public DoorHealthTests() => _health = new(_time);

    [Fact]
    public void MayTry_AfterFailures_LetsOneThroughAtATime_SeldomerAndSeldomer_UpToABound()
    {
        Assert.True(MayTry());
        var pause = 1;
        for (var failures = 1; failures <= 10; failures++)
        {
            _health.Heard(new TimeoutException());
            _time.Advance(TimeSpan.FromSeconds(pause) - TimeSpan.FromMilliseconds(1));
            Assert.False(MayTry());
            _time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.True(MayTry());
            Assert.False(MayTry());
            pause = Math.Min(2 * pause, 32);
        }
    }

    [Fact]
    public void MayTry_AfterAnAnswer_LetsAllThrough()
    {
        _health.Heard(new TimeoutException());
        _health.Heard(fault: null);
        Assert.True(MayTry() && MayTry());

        // What the silo itself complains of, it has said.
        _health.Heard(new TimeoutException());
        _health.Heard(new InvalidOperationException());
        Assert.True(MayTry() && MayTry());
    }

    private bool MayTry() => _health.MayTry(_time.Now());
}
