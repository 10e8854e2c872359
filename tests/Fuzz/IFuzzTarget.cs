namespace OrleansTagCache.Fuzz;

/// <summary>One parser, and what must hold of it whatever it is given.</summary>
/// <remarks>Thread-safe: several threads run it.</remarks>
internal interface IFuzzTarget
{
    string Name { get; }

    /// <summary>Sound inputs to begin from.</summary>
    IReadOnlyList<byte[]> Seeds { get; }

    /// <summary>Throws when something does not hold.</summary>
    void Run(byte[] input);
}

/// <summary>Something does not hold.</summary>
internal sealed class Finding(string what) : Exception(what)
{
    public static void Unless(bool holds, string what)
    {
        if (!holds)
        {
            throw new Finding(what);
        }
    }
}
