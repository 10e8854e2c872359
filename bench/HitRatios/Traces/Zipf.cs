namespace OrleansTagCache.Bench.HitRatios.Traces;

/// <summary>Numbers from 0, the n-th of them with a likelihood in proportion to 1 / n^skew.</summary>
internal sealed class Zipf
{
    private readonly double[] _sums;
    private readonly Random _random;

    public Zipf(int count, double skew, Random random)
    {
        (_sums, _random) = (new double[count], random);
        var sum = 0.0;
        for (var i = 0; i < count; i++)
        {
            _sums[i] = sum += Math.Pow(i + 1, -skew);
        }
    }

    public int Next()
    {
        var found = Array.BinarySearch(_sums, _random.NextDouble() * _sums[^1]);
        return Math.Min(found < 0 ? ~found : found, _sums.Length - 1);
    }
}
