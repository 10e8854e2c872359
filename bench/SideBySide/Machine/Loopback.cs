using System.Globalization;

namespace OrleansTagCache.Bench.SideBySide.Machine;

/// <summary>What has gone over this network namespace's loopback: everything that the processes of a run said to each other, and whatever else used it.</summary>
internal sealed record Loopback(long Bytes, long Packets)
{
    public static Loopback Now()
    {
        // Interface, then bytes and packets received.
        var fields = File.ReadLines("/proc/net/dev").Single(line => line.TrimStart().StartsWith("lo:", StringComparison.Ordinal)).Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries);
        return new(long.Parse(fields[1], CultureInfo.InvariantCulture), long.Parse(fields[2], CultureInfo.InvariantCulture));
    }

    public Loopback Since(Loopback earlier) => new(Bytes - earlier.Bytes, Packets - earlier.Packets);
}
