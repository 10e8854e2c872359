using OrleansTagCache.Contracts;
using OrleansTagCache.Membership;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Views;

/// <summary>Asks every silo of the cluster, this one too.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class AllSilos(Members membership, IPeers peers, ILocalSiloDetails self)
{
    /// <summary>The answers in no order; null for a silo that does not answer: a view is better than none.</summary>
    /// <param name="ask">The question.</param>
    /// <param name="knows">Which silos know it; all of them if null. The others are not asked.</param>
    public Task<T?[]> Ask<T>(Func<IPeerService, ValueTask<T>> ask, Predicate<SiloAddress>? knows = null)
        where T : class
    {
        return Task.WhenAll(membership.Others.Append(self.SiloAddress).Select(AskOne));

        async Task<T?> AskOne(SiloAddress silo)
        {
            try
            {
                return knows?.Invoke(silo) == false ? null : await ask(peers.On(silo)).ConfigureAwait(false);
            }
            catch (Exception)
            {
                return null;
            }
        }
    }
}
