using System.Diagnostics.Metrics;
using OrleansTagCache.Contracts;
using OrleansTagCache.Invalidation;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>What a listener of metrics throws comes out in the middle of a set.</summary>
[Collection(SiloCollection.Name)]
public sealed class ListenerFaultTests(SiloServer silo)
{
    [Fact]
    public async Task Set_ThatFailsHalfWay_LeavesAValueThatTheNextExpiryReaches()
    {
        var scoped = CacheNamespace.Default.Scope("listener:set");
        var entry = silo.Get<IGrainFactory>().GetGrain<IEntryGrain>(scoped);
        var token = await entry.BeginSet();
        var meters = silo.Get<IMeterFactory>();
        using (var listener = new MeterListener())
        {
            listener.InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "tagcache.update.duration" && ReferenceEquals(instrument.Meter.Scope, meters))
                {
                    self.EnableMeasurementEvents(instrument);
                }
            };
            listener.SetMeasurementEventCallback<double>((_, _, _, _) => throw new InvalidOperationException("A listener."));
            listener.Start();

            await Assert.ThrowsAsync<InvalidOperationException>(async () => await entry.Set(token, new(new([1], null), [], null, CacheLife.Max), TimeSpan.Zero));
        }

        Assert.True((await silo.Get<Invalidator>().Begin(new([TagId.OfKey(scoped)], StaleFor: null)).Completion).IsComplete);

        Assert.Equal(AcquireStatus.Miss, (await entry.Acquire(new AcquireRequest(MayGenerate: false, FreshOnly: false, Wait: TimeSpan.Zero))).Status);
    }
}
