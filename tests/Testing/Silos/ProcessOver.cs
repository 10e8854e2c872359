using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Hosting;
using OrleansTagCache.Near;
using OrleansTagCache.Sessions;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Testing;

/// <summary>The services of an application that a silo hosts, without Orleans in between: what they ask, the silo's entries and tags are asked directly.</summary>
internal static class ProcessOver
{
    public static ServiceProvider Start(EntrySilo silo, Action<IServiceCollection>? configure = null)
    {
        var factory = DispatchProxy.Create<IGrainFactory, Grains>();
        ((Grains)(object)factory).Silo = silo;
        var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton<TimeProvider>(silo.Time)
            .AddSingleton(new TagCacheClientOptions())
            .AddSingleton<IEntryGrains>(silo)
            .AddSingleton(factory)
            .AddSingleton<IEndpointResolver, NoReach>()
            .AddSingleton<INearLeases>(new SiloNearLeases(silo.Silo.Ledger, silo.Silo.Lease))
            .AddTagCacheCore();
        configure?.Invoke(services);
        return services.BuildServiceProvider();
    }

    /// <summary>Knows tags; entries are found otherwise, and endpoints not at all.</summary>
#pragma warning disable CA1852 // The proxy derives from it.
    internal class Grains : DispatchProxy
#pragma warning restore CA1852
    {
        public EntrySilo Silo { get; set; } = null!;

        protected override object Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.IsGenericMethod && targetMethod.GetGenericArguments()[0] == typeof(ITagGrain) ? new Tag(Silo) : throw new NotSupportedException();
    }

    private sealed class NoReach : IEndpointResolver
    {
        public ValueTask<IEnumerable<(SiloAddress Silo, GrainId Identity)>> Identities(EndpointAddress[] endpoints) => new([]);
    }

    private sealed class Tag(EntrySilo silo) : ITagGrain
    {
        public async ValueTask<UpdateOutcome> Update(UpdateRequest request, Guid requestId) => await silo.Silo.Invalidator.Begin(request).Completion;

        public ValueTask<UpdateOutcome> UpdateAll(UpdateRequest request, Guid requestId) => Update(request, requestId);

        public async ValueTask<HoldOutcome> Hold(HoldRequest request) => await silo.Silo.Invalidator.Hold(request, TimeSpan.FromSeconds(2));

        public ValueTask<bool> Release(HoldRelease hold) => new(silo.Silo.Invalidator.Release(hold));

        public ValueTask<TagDescription> Describe() => throw new NotSupportedException();

        public ValueTask<DependentsPage> Dependents(int limit, string? after) => throw new NotSupportedException();
    }
}
