using System.Runtime.InteropServices;

namespace OrleansTagCache.Http.Limits;

/// <summary>
/// How many calls each caller has left: so many at once, which come back one by one. What has come back is worked out when it is asked for, so that no timer runs;
/// callers who have all of theirs are forgotten.
/// </summary>
/// <param name="atOnce">How many calls a caller may make at once; at least one.</param>
/// <param name="oneEvery">How long it takes until one of them has come back.</param>
/// <param name="time">The clock.</param>
/// <remarks>Thread-safe: one lock, held for a look-up.</remarks>
internal sealed class CallAllowances<TCaller>(int atOnce, TimeSpan oneEvery, TimeProvider time)
    where TCaller : notnull
{
    /// <summary>So few callers are not worth forgetting.</summary>
    private const int Few = 64;

    private readonly long _one = Math.Max(1, (long)(oneEvery.TotalSeconds * time.TimestampFrequency));
    private readonly Lock _gate = new();

    /// <summary>When each of them has all of its calls back, by the clock's timestamps.</summary>
    private readonly Dictionary<TCaller, long> _wholeAt = [];

    private int _forgetAt = Few;

    /// <summary>How many callers are remembered.</summary>
    public int Remembered
    {
        get
        {
            lock (_gate)
            {
                return _wholeAt.Count;
            }
        }
    }

    /// <summary>Takes one call; false if the caller has none left.</summary>
    public bool TryTake(TCaller caller)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            if (_wholeAt.Count >= _forgetAt)
            {
                ForgetNeedsGate(now);
            }

            ref var wholeAt = ref CollectionsMarshal.GetValueRefOrAddDefault(_wholeAt, caller, out _);
            var next = Math.Max(wholeAt, now) + _one;
            if (next - now > atOnce * _one)
            {
                return false;
            }

            wholeAt = next;
            return true;
        }
    }

    /// <summary>Each time it takes as many callers to come to it again as are left: a call pays for a few of them at most.</summary>
    private void ForgetNeedsGate(long now)
    {
        foreach (var (caller, wholeAt) in _wholeAt)
        {
            if (wholeAt <= now)
            {
                _wholeAt.Remove(caller);
            }
        }

        _forgetAt = Math.Max(Few, 2 * _wholeAt.Count);
    }
}
