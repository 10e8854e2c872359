using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>Reads over HTTP are counted among the process's reads, by what they got, once each.</summary>
[Collection(SiloCollection.Name)]
public sealed class ReadMetricsTests(SiloServer silo)
{
    private readonly HttpClient _http = silo.Http;

    [Fact]
    public async Task Reads_OverHttp_AreCountedOnceByOutcome()
    {
        await silo.NoRequestRuns();
        var outcomes = new ConcurrentQueue<string>();
        using var listener = new MeterListener();
        var meters = silo.Get<IMeterFactory>();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "tagcache.reads" && ReferenceEquals(instrument.Meter.Scope, meters))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) => outcomes.Enqueue($"{count} {tags[0].Key} {tags[0].Value}"));
        listener.Start();

        var token = await _http.TakeToken("reads:counted");
        (await _http.Read("reads:counted")).IsBusy();
        (await _http.Put("reads:counted", "1", "&tag=reads:tag&life=hours", token)).IsDone();
        (await _http.Read("reads:counted")).IsHit("1");
        (await _http.Read("reads:counted")).IsHit("1");
        Assert.Equal(200, (await _http.Post("/v1/tags/revalidate", new { tags = new[] { "reads:tag" }, profile = "max" })).Status);
        Assert.Equal("1", (await _http.Read("reads:counted")).Text);
        Assert.Equal(400, (await _http.Read("reads:counted", wait: "nonsense")).Status);
        Assert.Equal(200, (await _http.Info("reads:counted")).Status);

        Assert.Equal(
            ["1 tagcache.outcome generated", "1 tagcache.outcome miss", "1 tagcache.outcome hit", "1 tagcache.outcome near", "1 tagcache.outcome stale"],
            outcomes);
    }
}
