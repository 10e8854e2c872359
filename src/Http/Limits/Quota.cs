using OrleansTagCache.Diagnostics;

namespace OrleansTagCache.Http.Limits;

/// <summary>An amount that all callers share: what one takes is not there for others until it is given back.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class Quota(long limit)
{
    private long _taken;

    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>Takes that much, or nothing when it is not there.</summary>
    public bool TryTake(long amount)
    {
        if (Interlocked.Add(ref _taken, amount) <= limit)
        {
            CacheEvents.Write(CacheEvent.QuotaChanged, this);
            return true;
        }

        GiveBack(amount);
        return false;
    }

    public void GiveBack(long amount)
    {
        Interlocked.Add(ref _taken, -amount);
        CacheEvents.Write(CacheEvent.QuotaChanged, this);
    }
}
