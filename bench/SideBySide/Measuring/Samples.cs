using System.Globalization;

namespace OrleansTagCache.Bench.SideBySide.Measuring;

/// <summary>One figure as the rounds of a run gave it.</summary>
internal sealed record Samples(double Least, double Median, double Most)
{
    public static Samples Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new(sorted[0], sorted[sorted.Length / 2], sorted[^1]);
    }

    public static Samples One(double value) => new(value, value, value);

    /// <summary>The median, and what the rounds spread over.</summary>
    public override string ToString() => Least == Most ? Text(Median) : $"{Text(Median)} ({Text(Least)} to {Text(Most)})";

    private static string Text(double value) => value.ToString(
        Math.Abs(value) switch { 0 => "0", < 10 => "0.00", < 100 => "0.0", _ => "#,##0" }, CultureInfo.InvariantCulture);
}
