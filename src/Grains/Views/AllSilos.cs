using OrleansTagCache.Contracts;
using OrleansTagCache.Membership;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Views;

/// <summary>Asks every silo of the cluster, this one too.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class AllSilos(Members membership, IPeers peers, PeerVersions versions, ILocalSiloDetails self)
{
    /// <summary>The answers in no order; null for a silo that does not answer: a view is better than none.</summary>
    /// <param name="ask">The question.</param>
    /// <param name="knows">Which silos know it; all of them if null. The others are not asked.</param>
    public async Task<T?[]> Ask<T>(Func<IPeerService, ValueTask<T>> ask, Predicate<SiloAddress>? knows = null)
        where T : class =>
        Array.ConvertAll(await AskEach(ask, knows), static answer => answer.Answer);

    /// <summary>The same, with who has answered what.</summary>
    /// <inheritdoc cref="Ask" path="/param"/>
    public Task<(SiloAddress Silo, T? Answer)[]> AskEach<T>(Func<IPeerService, ValueTask<T>> ask, Predicate<SiloAddress>? knows = null)
        where T : class => AskEach((_, peer) => ask(peer), knows);

    /// <summary>The same of a question that came with a version of the protocol: silos of earlier ones are not asked.</summary>
    public Task<(SiloAddress Silo, T? Answer)[]> AskEach<T>(int version, Func<IPeerService, ValueTask<T>> ask)
        where T : class => AskEach(version, (_, peer) => ask(peer));

    /// <summary>The same of a question that is another for each silo.</summary>
    public Task<(SiloAddress Silo, T? Answer)[]> AskEach<T>(int version, Func<SiloAddress, IPeerService, ValueTask<T>> ask)
        where T : class => AskEach(ask, silo => silo.Equals(self.SiloAddress) || versions.Of(silo)?.Newest >= version);

    private Task<(SiloAddress Silo, T? Answer)[]> AskEach<T>(Func<SiloAddress, IPeerService, ValueTask<T>> ask, Predicate<SiloAddress>? knows)
        where T : class
    {
        return Task.WhenAll(membership.Others.Append(self.SiloAddress).Select(AskOne));

        async Task<(SiloAddress Silo, T? Answer)> AskOne(SiloAddress silo)
        {
            try
            {
                return (silo, knows?.Invoke(silo) == false ? null : await ask(silo, peers.On(silo)).ConfigureAwait(false));
            }
            catch (Exception)
            {
                return (silo, null);
            }
        }
    }
}
