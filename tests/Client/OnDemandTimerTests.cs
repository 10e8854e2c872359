using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Tasks;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>A timer that runs only while there is something to look at.</summary>
public sealed class OnDemandTimerTests
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();
    private int _looks;
    private bool _isMore;

    [Fact]
    public void Timer_ThatWasNotStarted_DoesNotLook()
    {
        using var timer = Timer(() => _isMore);

        _time.Advance(100 * Period);

        Assert.Equal(0, _looks);
    }

    [Fact]
    public void Start_LooksAPeriodLater_AndAgainWhileThereIsMore()
    {
        using var timer = Timer(() => _isMore);
        _isMore = true;

        timer.Start();
        timer.Start();
        _time.Advance(Period - TimeSpan.FromTicks(1));
        Assert.Equal(0, _looks);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(1, _looks);
        _time.Advance(Period);
        Assert.Equal(2, _looks);

        _isMore = false;
        _time.Advance(Period);
        Assert.Equal(3, _looks);
        _time.Advance(100 * Period);
        Assert.Equal(3, _looks);
    }

    [Fact]
    public void Start_AfterTheLastLook_BeginsAgain()
    {
        using var timer = Timer(() => _isMore);
        timer.Start();
        _time.Advance(Period);

        timer.Start();
        _time.Advance(Period);

        Assert.Equal(2, _looks);
    }

    /// <summary>What comes after a look has read what there is, and before it has said so, is not left lying.</summary>
    [Fact]
    public void Start_DuringALookThatFindsNothing_IsFollowedByAnother()
    {
        OnDemandTimer? timer = null;
        using var it = timer = Timer(() =>
        {
            if (_looks == 1)
            {
                timer!.Start();
            }

            return false;
        });
        timer.Start();

        _time.Advance(Period);
        _time.Advance(Period);
        _time.Advance(Period);

        Assert.Equal(2, _looks);
    }

    [Fact]
    public void Look_ThatThrows_IsToldOfAndFollowedByAnother()
    {
        var told = new List<string>();
        using var timer = new OnDemandTimer(Period, () => ++_looks == 1 ? throw new InvalidOperationException("first") : false, exception => told.Add(exception.Message), _time);
        timer.Start();

        _time.Advance(Period);
        _time.Advance(Period);
        _time.Advance(Period);

        Assert.Equal(2, _looks);
        Assert.Equal(["first"], told);
    }

    [Fact]
    public void Dispose_EndsIt()
    {
        var timer = Timer(() => true);
        timer.Start();

        timer.Dispose();
        timer.Start();
        _time.Advance(10 * Period);

        Assert.Equal(0, _looks);
    }

    private OnDemandTimer Timer(Func<bool> look) => new(
        Period,
        () =>
        {
            _looks++;
            return look();
        },
        _ => { },
        _time);
}
