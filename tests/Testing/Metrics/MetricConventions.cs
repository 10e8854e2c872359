using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;

namespace OrleansTagCache.Testing;

/// <summary>The rules of OpenTelemetry's semantic conventions for the names, kinds and units of instruments, and for the names of attributes.</summary>
internal static partial class MetricConventions
{
    /// <summary>Gauges of things and bytes, which a reader might add up: those of which each silo shows the cluster's.</summary>
    private static readonly string[] NotAddedUp = ["tagcache.hold.count"];

    /// <summary>What is not as it should be.</summary>
    public static string[] Faults(IReadOnlyCollection<Instrument> instruments)
    {
        string[] names = [.. instruments.Select(instrument => instrument.Name)];
        return
        [
            .. names.Where(name => names.Any(other => other.StartsWith(name + '.', StringComparison.Ordinal))).Select(name => $"{name} is a metric and a namespace."),
            .. names.GroupBy(name => name).Where(group => group.Count() > 1).Select(group => $"{group.Key} is the name of {group.Count()} instruments."),
            .. instruments.SelectMany(instrument => FaultsOf(instrument).Select(fault => $"{instrument.Name}: {fault}")),
        ];
    }

    /// <summary>An attribute's name is not as it should be.</summary>
    public static bool IsAttribute(string name) => name == "error.type" || Name().IsMatch(name);

    /// <summary>What an instrument is called in the reference, and in Prometheus' data model.</summary>
    public static string KindOf(Instrument instrument)
    {
        var type = instrument.GetType().Name;
        return type.Contains("UpDownCounter", StringComparison.Ordinal) ? "up-down counter"
            : type.Contains("Counter", StringComparison.Ordinal) ? "counter"
            : type.Contains("Gauge", StringComparison.Ordinal) ? "gauge"
            : "histogram";
    }

    private static IEnumerable<string> FaultsOf(Instrument instrument)
    {
        var kind = KindOf(instrument);
        var unit = instrument.Unit ?? string.Empty;
        var last = instrument.Name.Split('.')[^1];
        var isAThing = Thing().IsMatch(unit);
        if (!Name().IsMatch(instrument.Name))
        {
            yield return "the name is not lower-case words under 'tagcache.', joined by dots and underscores.";
        }

        if (unit is not ("s" or "By" or "1") && !isAThing)
        {
            yield return $"the unit '{unit}' is neither s, By, 1 nor a thing in braces, in the singular.";
        }

        if (last is "total" || (kind == "counter" && last is "count"))
        {
            yield return "the kind says already that it is a total.";
        }

        if (kind == "up-down counter" && last.EndsWith('s'))
        {
            yield return "what goes up and down is in the singular, or 'count'.";
        }

        if ((last == "duration") != (kind == "histogram"))
        {
            yield return "durations are histograms, and histograms here are of durations.";
        }

        if (kind == "histogram" && (unit != "s" || !HasFittingBuckets(instrument)))
        {
            yield return "a duration is in seconds, and advises buckets from below a millisecond to a wait for a dead silo's lease.";
        }

        if (kind == "gauge" && (isAThing || unit == "By") && !NotAddedUp.Contains(instrument.Name))
        {
            yield return "what adds up over silos is an up-down counter.";
        }

        if (kind == "up-down counter" && unit is "s" or "1")
        {
            yield return "what is left, an age or a share does not add up: it is a gauge.";
        }

        if (instrument.Description is not { Length: > 10 } description || !description.EndsWith('.'))
        {
            yield return "the description is no sentence.";
        }
    }

    private static bool HasFittingBuckets(Instrument instrument) =>
        (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries is { Count: > 8 } buckets && buckets[0] < 0.001 && buckets[^1] is >= 10 and <= 60;

    [GeneratedRegex(@"^tagcache(\.[a-z][a-z0-9]*(_[a-z0-9]+)*)+$")]
    private static partial Regex Name();

    [GeneratedRegex(@"^\{[a-z]+(_[a-z]+)*(?<![a-rt-z]s)\}$")]
    private static partial Regex Thing();
}
