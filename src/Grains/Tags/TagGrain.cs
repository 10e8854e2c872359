using Orleans.Concurrency;
using Orleans.GrainDirectory;
using Orleans.Placement;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;
using OrleansTagCache.Ownership;
using OrleansTagCache.Views;

namespace OrleansTagCache.Tags;

/// <summary>
/// One tag, as a grain: for those who do not know which silo it belongs to, and for its views. What its updates need lives in <see cref="TagUpdates"/>, so that an update
/// that is sent to the silo itself activates nothing.
/// </summary>
/// <remarks>Reentrant, and keeps nothing: it is collected as soon as no one calls it. Two activations of one tag do no harm: each of their updates reaches every silo.</remarks>
[Reentrant, RandomPlacement, ThroughAnyGateway, CollectionAgeLimit(Minutes = 1), GrainType(OwnedGrains.Tag), GrainDirectory(OwnerDirectory.Name)]
internal sealed class TagGrain(TagUpdates updates, AllSilos silos) : Grain, ITagGrain
{
    public async ValueTask<UpdateOutcome> Update(UpdateRequest request, Guid requestId) => await updates.Update(this.GetPrimaryKeyString(), request, requestId);

    public ValueTask<UpdateOutcome> UpdateAll(UpdateRequest request, Guid requestId) => Update(request, requestId);

    public async ValueTask<HoldOutcome> Hold(HoldRequest request) => await updates.Hold(request);

    public async ValueTask<bool> Release(HoldRelease hold) => await updates.Release(hold);

    public async ValueTask<TagDescription> Describe()
    {
        var tag = TagId.OfScopedTag(this.GetPrimaryKeyString());
        var refresh = DescribeRefresh(tag);
        var answers = await silos.Ask(peer => peer.DescribeTag(tag));
        return new([.. answers.OfType<TagOnSilo>()], answers.Count(answer => answer is null), await refresh);
    }

    public async ValueTask<DependentsPage> Dependents(int limit, string? after)
    {
        // One more than asked for tells whether there is another page.
        var tag = TagId.OfScopedTag(this.GetPrimaryKeyString());
        var answers = await silos.AskEach(peer => peer.Dependents(tag, limit + 1, after));
        var keys = answers.SelectMany(answer => answer.Answer ?? []).Distinct().Order(StringComparer.Ordinal).Take(limit + 1).ToArray();
        string[] missing = [.. answers.Where(answer => answer.Answer is null).Select(answer => answer.Silo.ToString())];
        return new(keys.Length > limit ? keys[..limit] : keys, keys.Length > limit, missing);
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
}
