using OrleansTagCache.Diagnostics;
using Xunit;

namespace OrleansTagCache.Tests.EntityFrameworkCore;

/// <summary>The instruments of saves are named as OpenTelemetry's conventions say, and are on the reference page as they are.</summary>
public sealed class SaveMetricsTests
{
    [Fact]
    public void Instruments_OfSaves_KeepTheConventions()
    {
        using var watch = new InstrumentWatch(instrument => instrument.Meter.Name == SaveMetrics.MeterName);
        _ = new SaveMetrics(meters: null, () => 0);

        // Other tests make some, too: each name once.
        var instruments = watch.Instruments.DistinctBy(instrument => instrument.Name).ToArray();

        Assert.Empty(MetricConventions.Faults(instruments));
        Assert.Equal(
            MetricRow.Documented(SaveMetrics.MeterName).OrderBy(row => row.Name, StringComparer.Ordinal),
            instruments.Select(MetricRow.Of).OrderBy(row => row.Name, StringComparer.Ordinal));
    }
}
