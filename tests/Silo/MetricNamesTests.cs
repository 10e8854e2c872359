using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Diagnostics;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>Every instrument of a silo and of a client is named as OpenTelemetry's conventions say, and is on the reference page as it is.</summary>
[Collection(SiloCollection.Name)]
public sealed class MetricNamesTests(SiloServer silo)
{
    [Fact]
    public async Task Instruments_OfASilo_KeepTheConventions()
    {
        var meters = silo.Get<IMeterFactory>();
        using var watch = new InstrumentWatch(instrument => ReferenceEquals(instrument.Meter.Scope, meters));

        // Made with the first schedule, and the first warm-up.
        _ = (silo.Get<ScheduleMetrics>(), silo.Get<WarmUpMetrics>());
        (await silo.Http.Put("names:key", "1", "&tag=names:tag")).IsDone();
        (await silo.Http.Read("names:key")).IsHit("1");
        Assert.Equal(200, (await silo.Http.Update("names:tag")).Status);

        var instruments = watch.Instruments;

        Assert.Empty(MetricConventions.Faults(instruments));
        foreach (var meter in new[] { SiloMetrics.MeterName, ClientMetrics.MeterName })
        {
            Assert.Equal(
                MetricRow.Documented(meter).OrderBy(row => row.Name, StringComparer.Ordinal),
                instruments.Where(instrument => instrument.Meter.Name == meter).Select(MetricRow.Of).OrderBy(row => row.Name, StringComparer.Ordinal));
        }

        Assert.Superset(new HashSet<string> { "tagcache.outcome", "tagcache.operation" }, watch.Attributes.ToHashSet());
        Assert.All(watch.Attributes, attribute => Assert.True(MetricConventions.IsAttribute(attribute), attribute));
        Assert.DoesNotContain(watch.Attributes, attribute => instruments.Any(instrument => instrument.Name == attribute));
    }

    [Fact]
    public async Task Instruments_OfAClient_KeepTheConventions()
    {
        await using var app = ClientApp.At(gateway: 1);
        var meters = app.Services.GetRequiredService<IMeterFactory>();
        using var watch = new InstrumentWatch(instrument => ReferenceEquals(instrument.Meter.Scope, meters));
        _ = app.Cache;

        Assert.Empty(MetricConventions.Faults(watch.Instruments));
        Assert.Equal(
            MetricRow.Documented(ClientMetrics.MeterName).OrderBy(row => row.Name, StringComparer.Ordinal),
            watch.Instruments.Select(MetricRow.Of).OrderBy(row => row.Name, StringComparer.Ordinal));
    }
}
