using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace OrleansTagCache.Testing;

/// <summary>A clock that the test owns, and that knows what it will wake.</summary>
internal sealed class ArmedTime(DateTimeOffset? start = null) : FakeTimeProvider(start ?? new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
{
    private readonly ConcurrentDictionary<Watched, TimeSpan> _armed = [];
    private readonly Signal _changed = new();

    /// <summary>After what time each timer that runs was told to fire, one a timer.</summary>
    public IEnumerable<TimeSpan> Armed => _armed.Values;

    /// <summary>Waits until some timer has been told to fire after that time.</summary>
    public Task IsArmed(TimeSpan dueTime) => _changed.Until(() => _armed.Values.Contains(dueTime), () => $"a timer of {dueTime} among {string.Join(", ", _armed.Values)}");

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Watched(this, callback);
        timer.Run(base.CreateTimer(timer.Fire, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Watched(ArmedTime time, TimerCallback callback) : ITimer
    {
        private ITimer? _timer;
        private bool _isPeriodic;

        public void Run(ITimer timer) => _timer = timer;

        public void Fire(object? state)
        {
            if (!_isPeriodic)
            {
                time._armed.TryRemove(this, out _);
            }

            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _isPeriodic = period != Timeout.InfiniteTimeSpan && period != TimeSpan.Zero;
            if (dueTime == Timeout.InfiniteTimeSpan)
            {
                time._armed.TryRemove(this, out _);
            }
            else
            {
                time._armed[this] = dueTime;
            }

            // Only then: who waits for it may let the clock run.
            var isChanged = _timer!.Change(dueTime, period);
            time._changed.Set();
            return isChanged;
        }

        public void Dispose()
        {
            time._armed.TryRemove(this, out _);
            _timer!.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
