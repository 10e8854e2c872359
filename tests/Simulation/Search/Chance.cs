using OrleansTagCache.Simulation.Engine;

namespace OrleansTagCache.Simulation.Search;

/// <summary>A seeded source: the same seed gives the same run on every machine (SplitMix64).</summary>
internal sealed class Chance(ulong seed) : IChooser
{
    private ulong _state = seed;

    public int Choose(int count) => (int)(Next() % (ulong)count);

    public bool OneIn(int count) => Choose(count) == 0;

    public T Of<T>(IReadOnlyList<T> list) => list[Choose(list.Count)];

    private ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var mixed = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
