using System.Text;

namespace OrleansTagCache.Fuzz.Engine;

/// <summary>SplitMix64: small, fast, and the same numbers on every runtime.</summary>
internal struct Randomness
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    private ulong _state;

    /// <summary>The source of one execution: nothing but these three numbers goes into it.</summary>
    public Randomness(ulong seed, string target, long index)
    {
        _state = seed;
        foreach (var b in Encoding.UTF8.GetBytes(target))
        {
            _state = Next() ^ b;
        }

        _state = Next() ^ (ulong)index;
        Next();
    }

    public ulong Next()
    {
        var z = _state += Step;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>From 0 to one less than the end, which is at least 1.</summary>
    public int Below(int end) => (int)(Next() % (ulong)end);

    public bool OneIn(int n) => Below(n) == 0;

    public byte NextByte() => (byte)Next();
}
