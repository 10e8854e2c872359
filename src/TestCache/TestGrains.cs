using System.Reflection;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Testing;

/// <summary>What the code of a client asks Orleans for: tags, loaders and endpoints. Entries are found otherwise.</summary>
/// <remarks>Thread-safe.</remarks>
#pragma warning disable CA1852 // The proxy derives from it.
internal class TestGrains : DispatchProxy
#pragma warning restore CA1852
{
    private TestSilo _silo = null!;

    public static IGrainFactory Over(TestSilo silo)
    {
        var factory = Create<IGrainFactory, TestGrains>();
        ((TestGrains)(object)factory)._silo = silo;
        return factory;
    }

    protected override object Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var type = targetMethod is { IsGenericMethod: true } ? targetMethod.GetGenericArguments()[0] : null;
        return type == typeof(ITagGrain) ? new Tag(_silo, (string)args![0]!)
            : type == typeof(ILoaderGrain) ? new NoLoader()
            : type == typeof(IEndpointsGrain) ? new NoEndpoints()
            : throw new NotSupportedException("A TestTagCache has no grains.");
    }

    private sealed class Tag(TestSilo silo, string scopedTag) : ITagGrain
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

        public async ValueTask<UpdateOutcome> Update(UpdateRequest request, Guid requestId)
        {
            silo.MustBeThere();
            return await silo.Invalidator.Update(request, Patience);
        }

        public ValueTask<UpdateOutcome> UpdateAll(UpdateRequest request, Guid requestId) => Update(request, requestId);

        public async ValueTask<HoldOutcome> Hold(HoldRequest request)
        {
            silo.MustBeThere();
            return await silo.Invalidator.Hold(request, Patience);
        }

        public ValueTask<bool> Release(HoldRelease hold)
        {
            silo.MustBeThere();
            return new(silo.Invalidator.Release(hold));
        }

        public ValueTask<TagDescription> Describe()
        {
            silo.MustBeThere();
            return new(new TagDescription([silo.View.Describe(TagId.OfScopedTag(scopedTag))], Unreachable: 0));
        }

        public ValueTask<DependentsPage> Dependents(int limit, string? after)
        {
            silo.MustBeThere();
            var keys = silo.View.Dependents(TagId.OfScopedTag(scopedTag), limit + 1, after);
            return new(new DependentsPage(keys.Length > limit ? keys[..limit] : keys, keys.Length > limit, []));
        }
    }

    /// <summary>The loaders of this process run here, and there is no other.</summary>
    private sealed class NoLoader : ILoaderGrain
    {
        public ValueTask Announce(ILoaderRunner runner, TimeSpan lease) => default;

        public ValueTask Withdraw(ILoaderRunner runner) => default;

        public ValueTask<LoaderRunners> Runners() => new(new LoaderRunners([], AreAll: true));

        public ValueTask<LoadOutcome> Load(LoadRequest request) => new(LoadOutcome.NoRunner);
    }

    private sealed class NoEndpoints : IEndpointsGrain, IEndpointResolver
    {
        public ValueTask<EndpointAddress[]> Find(string? name = null, ProtocolVersions? versions = null) => new([]);

        public ValueTask<IEnumerable<(SiloAddress Silo, GrainId Identity)>> Identities(EndpointAddress[] endpoints) => new([]);
    }

    /// <summary>There are no silos to be reached directly.</summary>
    public static IEndpointResolver Reach { get; } = new NoEndpoints();
}
