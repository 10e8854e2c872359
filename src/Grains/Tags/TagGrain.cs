using Orleans.Concurrency;
using Orleans.GrainDirectory;
using Orleans.Placement;
using OrleansTagCache.Contracts;
using OrleansTagCache.Invalidation;
using OrleansTagCache.Membership;
using OrleansTagCache.Names;
using OrleansTagCache.Ownership;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Tags;

/// <summary>
/// One tag: the entrance of its updates. It coalesces concurrent ones, hands them to the invalidator of the silo that it runs on, has what a revalidation made stale
/// refreshed, and asks the silos for views.
/// </summary>
/// <remarks>
/// Reentrant: callers interleave while an update is on its way, and only the coalescers are shared between them, each touched without an await
/// in between. Two activations of one tag do no harm: each of their updates reaches every silo. Of its calls it keeps only how the last ones ended, for callers who have not heard, so it is
/// collected as soon as no one calls it.
/// </remarks>
[Reentrant, RandomPlacement, ThroughAnyGateway, CollectionAgeLimit(Minutes = 1), GrainType(OwnedGrains.Tag), GrainDirectory(OwnerDirectory.Name)]
internal sealed class TagGrain(Invalidator invalidator, Members membership, IPeers peers, ILocalSiloDetails silo, TimeProvider time) : Grain, ITagGrain
{
    /// <summary>How long one attempt of the fan-out waits; shorter than the call's own time-out, so that the caller hears why and tries again.</summary>
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(2);

    private readonly Dictionary<TimeSpan, UpdateCoalescer> _coalescers = [];

    public async ValueTask<UpdateOutcome> Update(UpdateRequest request, Guid requestId)
    {
        var kind = request.StaleFor ?? Timeout.InfiniteTimeSpan;
        if (!_coalescers.TryGetValue(kind, out var coalescer))
        {
            ForgetIdle();
            coalescer = new((tags, traces) => Update(new(tags, request.StaleFor, traces)), time);
            _coalescers.Add(kind, coalescer);
        }

        return await coalescer.Join(requestId, request.Tags, request.Traces);
    }

    public async ValueTask<TagDescription> Describe()
    {
        var tag = TagId.OfScopedTag(this.GetPrimaryKeyString());
        var refresh = DescribeRefresh(tag);
        var answers = await AskAll(peer => peer.DescribeTag(tag));
        return new([.. answers.OfType<TagOnSilo>()], answers.Count(answer => answer is null), await refresh);
    }

    public async ValueTask<DependentsPage> Dependents(int limit, string? after)
    {
        // One more than asked for tells whether there is another page.
        var tag = TagId.OfScopedTag(this.GetPrimaryKeyString());
        var answers = await AskAll(peer => peer.Dependents(tag, limit + 1, after));
        var keys = answers.SelectMany(keys => keys ?? []).Distinct().Order(StringComparer.Ordinal).Take(limit + 1).ToArray();
        return new(keys.Length > limit ? keys[..limit] : keys, keys.Length > limit);
    }

    private async Task<UpdateOutcome> Update(UpdateRequest request)
    {
        var outcome = await invalidator.Update(request, AttemptTimeout);
        if (outcome.IsComplete && request.StaleFor is not null)
        {
            // Every silo has marked it stale: what a loader can make is refreshed, by a job that is stored before the caller hears of it.
            var loaded = await AskAll(peer => peer.LoadedTags(request.Tags));
            var jobs = Array.TrueForAll(loaded, some => some is not null) ? loaded.SelectMany(some => some!).Distinct() : request.Tags;
            await Task.WhenAll(jobs.Select(tag => GrainFactory.GetGrain<IRefreshJobGrain>(tag.Scoped).Begin().AsTask()));
        }

        return outcome;
    }

    /// <summary>Callers may name any duration: there are no more coalescers than there were kinds of updates lately.</summary>
    private void ForgetIdle()
    {
        foreach (var (kind, coalescer) in _coalescers)
        {
            if (coalescer.IsIdle)
            {
                _coalescers.Remove(kind);
            }
        }
    }

    private async Task<RefreshProgress?> DescribeRefresh(TagId tag)
    {
        try
        {
            return await GrainFactory.GetGrain<IRefreshJobGrain>(tag.Scoped).Describe();
        }
        catch (Exception)
        {
            return null;
        }
    }

    /// <summary>Null for a silo that does not answer: a view is better than none.</summary>
    private Task<T?[]> AskAll<T>(Func<IPeerService, ValueTask<T>> ask)
        where T : class
    {
        return Task.WhenAll(membership.Others.Append(silo.SiloAddress).Select(Ask));

        async Task<T?> Ask(SiloAddress address)
        {
            try
            {
                return await ask(peers.On(address));
            }
            catch (Exception)
            {
                return null;
            }
        }
    }
}
