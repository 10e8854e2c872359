using OrleansTagCache.Contracts;
using OrleansTagCache.Membership;
using OrleansTagCache.Names;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Views;

/// <summary>A page of the tags of a namespace, in ordinal order.</summary>
/// <param name="Tags">The tags, with their dependents on all silos that answered.</param>
/// <param name="More">Whether there are more after the last one.</param>
/// <param name="Unreachable">How many silos did not answer, or cannot list their tags.</param>
internal sealed record TagsPage(TagCount[] Tags, bool More, int Unreachable);

/// <summary>The tags that live entries of the cluster bear.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ClusterTags(Members membership, IPeers peers, PeerVersions versions, ILocalSiloDetails self)
{
    public async Task<TagsPage> After(CacheNamespace ns, string prefix, int limit, string? after)
    {
        // Of each silo, one more than asked for: all that the page can have of it, and whether there is another page.
        var answers = await Task.WhenAll(membership.Others.Append(self.SiloAddress).Select(silo => Ask(silo, ns, prefix, limit + 1, after)));
        var tags = answers.SelectMany(tags => tags ?? [])
            .GroupBy(tag => tag.Tag, tag => tag.Dependents, StringComparer.Ordinal)
            .OrderBy(tag => tag.Key, StringComparer.Ordinal)
            .Take(limit + 1)
            .Select(tag => new TagCount(tag.Key, tag.Sum()))
            .ToArray();
        return new(tags.Length > limit ? tags[..limit] : tags, tags.Length > limit, answers.Count(answer => answer is null));
    }

    private async Task<TagCount[]?> Ask(SiloAddress silo, CacheNamespace ns, string prefix, int limit, string? after)
    {
        if (!silo.Equals(self.SiloAddress) && versions.Of(silo) is not { Newest: >= ProtocolVersion.TagLists })
        {
            return null;
        }

        try
        {
            return await peers.On(silo).Tags(ns, prefix, limit, after);
        }
        catch (Exception)
        {
            // A view is better than none: the silo is counted.
            return null;
        }
    }
}
