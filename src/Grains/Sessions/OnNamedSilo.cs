using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace OrleansTagCache.Sessions;

/// <summary>Places a grain on the silo whose address is its key.</summary>
[GenerateSerializer, Immutable, Alias("otc.OnNamedSilo")]
internal sealed class OnNamedSilo : PlacementStrategy;

/// <inheritdoc cref="OnNamedSilo"/>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class OnNamedSiloAttribute() : PlacementAttribute(new OnNamedSilo());

/// <summary>Finds the silo, or fails: such a grain runs there or nowhere.</summary>
internal sealed class OnNamedSiloDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var named = SiloAddress.FromParsableString(target.GrainIdentity.Key.ToString()!);
        return context.GetCompatibleSilos(target).Contains(named)
            ? Task.FromResult(named)
            : throw new SiloUnavailableException($"Silo {named} is not in the cluster.");
    }
}
