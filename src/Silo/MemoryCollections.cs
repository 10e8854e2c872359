using OrleansTagCache.Entries;

namespace OrleansTagCache.Silo;

/// <summary>
/// Gives back the memory of what was swept. A runtime that has nothing to do collects nothing, and it would stay with the process. So, once it is quiet
/// after much was let go, a background collection is asked for: forced, since the runtime declines any other while memory is plenty.
/// </summary>
/// <remarks>
/// That one leaves the memory with the process. So where little is live, and a blocking collection is a matter of a fraction of a second, one
/// follows that gives it back to the system; where much is live it stays for the values to come.
/// </remarks>
/// <param name="fewLiveBytes">So much is compacted in a fraction of a second.</param>
internal sealed class MemoryCollections(long fewLiveBytes = MemoryCollections.FewLiveBytes) : IFreedMemory
{
    /// <summary>How many bytes must have been let go for a collection to be asked for.</summary>
    private const long WorthACollection = 64L * 1024 * 1024;

    /// <summary>So much is compacted in a fraction of a second, as a rule.</summary>
    public const long FewLiveBytes = 256L * 1024 * 1024;

    private static readonly TimeSpan LongQuiet = TimeSpan.FromSeconds(20);

    private bool _isToGiveBack;

    public bool TryTake(long bytes, TimeSpan quiet)
    {
        if (bytes >= WorthACollection)
        {
            _isToGiveBack = true;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
            return true;
        }

        if (_isToGiveBack && quiet > LongQuiet)
        {
            _isToGiveBack = false;
            var heap = LastFullCollection();
            if (heap.HeapSizeBytes - heap.FragmentedBytes <= fewLiveBytes)
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            }
        }

        return false;
    }

    /// <summary>The runtime may have made the one that was asked for a blocking one: what an earlier one in the background found says nothing then.</summary>
    private static GCMemoryInfo LastFullCollection()
    {
        var (background, blocking) = (GC.GetGCMemoryInfo(GCKind.Background), GC.GetGCMemoryInfo(GCKind.FullBlocking));
        return background.Index > blocking.Index ? background : blocking;
    }
}
