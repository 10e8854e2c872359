using OrleansTagCache.Contracts;
using OrleansTagCache.Membership;
using OrleansTagCache.Names;

namespace OrleansTagCache.Views;

/// <summary>A page of the tags of a namespace, in ordinal order.</summary>
/// <param name="Tags">The tags, with their dependents on all silos that answered.</param>
/// <param name="More">Whether there are more after the last one.</param>
/// <param name="Unreachable">How many silos did not answer, or cannot list their tags.</param>
internal sealed record TagsPage(TagCount[] Tags, bool More, int Unreachable);

/// <summary>The tags that live entries of the cluster bear.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ClusterTags(AllSilos silos, PeerVersions versions, ILocalSiloDetails self)
{
    public async Task<TagsPage> After(CacheNamespace ns, string prefix, int limit, string? after)
    {
        // Of each silo, one more than asked for: all that the page can have of it, and whether there is another page.
        var answers = await silos.Ask(peer => peer.Tags(ns, prefix, limit + 1, after), KnowsLists);
        var tags = answers.SelectMany(tags => tags ?? [])
            .GroupBy(tag => tag.Tag, tag => tag.Dependents, StringComparer.Ordinal)
            .OrderBy(tag => tag.Key, StringComparer.Ordinal)
            .Take(limit + 1)
            .Select(tag => new TagCount(tag.Key, tag.Sum()))
            .ToArray();
        return new(tags.Length > limit ? tags[..limit] : tags, tags.Length > limit, answers.Count(answer => answer is null));
    }

    private bool KnowsLists(SiloAddress silo) => silo.Equals(self.SiloAddress) || versions.Of(silo) is { Newest: >= ProtocolVersion.TagLists };
}
