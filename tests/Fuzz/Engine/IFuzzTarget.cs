namespace OrleansTagCache.Fuzz.Engine;

/// <summary>Some code under test with an oracle. A run is a pure function of its input, so that the input repeats it.</summary>
/// <remarks>Thread-safe: two threads run one target.</remarks>
internal interface IFuzzTarget
{
    string Name { get; }

    /// <summary>Good inputs to begin from, and to mix.</summary>
    IReadOnlyList<byte[]> Samples { get; }

    /// <summary>Returns if all is well. Anything that it throws is a finding.</summary>
    void Run(ReadOnlySpan<byte> input);
}

/// <summary>What the oracle of a target says does not hold.</summary>
internal sealed class OracleException(string message) : Exception(message)
{
    public static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new OracleException(otherwise);
        }
    }
}

/// <summary>An input that a target does not stand.</summary>
internal sealed record Finding(long Index, byte[] Input, Exception Fault);
