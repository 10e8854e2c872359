using System.Diagnostics.Metrics;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Holds;
using OrleansTagCache.Listeners;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Testing;

/// <summary>Calls to a cluster of one grain, whatever is asked for, and without endpoints.</summary>
internal static class FakeEntries
{
    public static UpdateClient Over(IEntryGrain entry, TimeProvider time, Reachability? reachability = null)
    {
        var factory = Factory(entry);
        reachability ??= new(time, NullLogger<Reachability>.Instance);
        return new(factory, new OneEntry(entry), Endpoints(factory, reachability, time), reachability, CacheListeners.None, new(), time);
    }

    public static EntryClient Reads(IEntryGrain entry, TimeProvider time, Reachability reachability) =>
        new(new OneEntry(entry), Endpoints(Factory(entry), reachability, time), reachability, time);

    /// <summary>The holds of a process whose calls all reach that tag.</summary>
    public static HoldKeeper Holds(ITagGrain tag, TimeProvider time, Reachability reachability, ILogger<HoldKeeper>? log = null, IMeterFactory? meters = null)
    {
        var factory = Factory(tag);
        var endpoints = Endpoints(factory, reachability, time);
        var metrics = new ClientMetrics(meters ?? new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());
        return new(
            new(factory, endpoints, reachability, new(), time),
            new(factory, null!, endpoints, reachability, CacheListeners.None, new(), time),
            reachability,
            metrics,
            CacheListeners.None,
            time,
            log ?? NullLogger<HoldKeeper>.Instance);
    }

    /// <summary>The updates of a process whose calls all reach that tag.</summary>
    public static UpdateClient Tags(ITagGrain tag, TimeProvider time, Reachability reachability)
    {
        var factory = Factory(tag);
        return new(factory, null!, Endpoints(factory, reachability, time), reachability, CacheListeners.None, new(), time);
    }

    public static IGrainFactory Factory(object grain)
    {
        var factory = DispatchProxy.Create<IGrainFactory, OneGrain>();
        ((OneGrain)(object)factory).Grain = grain;
        return factory;
    }

    private static SiloEndpoints Endpoints(IGrainFactory factory, Reachability reachability, TimeProvider time) => new(
        factory, new(ProtocolVersions.OfThisBuild, factory, reachability, time, NullLogger<ProtocolCheck>.Instance), new NoReach(), time, NullLogger<SiloEndpoints>.Instance);

#pragma warning disable CA1852 // The proxy derives from it.
    internal class OneGrain : DispatchProxy
#pragma warning restore CA1852
    {
        public object Grain { get; set; } = null!;

        protected override object Invoke(MethodInfo? targetMethod, object?[]? args) => Grain;
    }

    private sealed class OneEntry(IEntryGrain entry) : IEntryGrains
    {
        public IEntryGrain this[string scopedKey] => entry;
    }

    private sealed class NoReach : IEndpointResolver
    {
        public ValueTask<IEnumerable<(SiloAddress Silo, GrainId Identity)>> Identities(EndpointAddress[] endpoints) => new([]);
    }
}
