namespace OrleansTagCache.Bench.HitRatios.Caches;

/// <summary>A cache of nothing but keys, which reads a trace.</summary>
internal interface ICache
{
    /// <summary>Reads a key, and stores it if it is not there.</summary>
    /// <returns>Whether it was there.</returns>
    bool Read(int key);
}

/// <summary>What a cache may hold.</summary>
/// <param name="Entries">How many entries.</param>
/// <param name="Bytes">How many bytes, of the values and their overhead.</param>
/// <param name="Overhead">What an entry costs beside its value.</param>
internal readonly record struct Bound(int Entries, long Bytes, int Overhead);
