using OrleansTagCache.Contracts;
using OrleansTagCache.Membership;

namespace OrleansTagCache.Ownership;

/// <summary>Which silo each entry and tag belongs to, as this silo sees the cluster: the silos that are active, know such grains, and have said that they serve share them out.</summary>
/// <remarks>
/// Thread-safe. Two silos may see the cluster differently for a moment, and an entry may then be on both: each of its values is under the ledger of
/// its silo, so nothing but a repeated generation comes of it. Of a tag there may be two at any time.
/// </remarks>
internal sealed class Owners(IClusterMembershipService membership, IClusterManifestProvider manifests, Standings standings, ILocalSiloDetails self)
{
    private View _view = new(new([], MembershipVersion.MinValue), null, Standings: -1, Rendezvous.OfNone);

    /// <summary>Whether grains of this type belong to silos.</summary>
    public static bool Share(GrainType type) => type == OwnedGrains.EntryType || type == OwnedGrains.TagType;

    /// <summary>The silos that entries and tags belong to. Another instance when they have changed.</summary>
    public Rendezvous Silos => Current.Silos;

    /// <summary>The version of the membership that they were taken from.</summary>
    public MembershipVersion Version => Current.Members.Version;

    /// <summary>The silo of an entry or a tag; null while no silo is active.</summary>
    public SiloAddress? OwnerOf(GrainId grain) => Silos.OwnerOf(grain.Key.AsSpan());

    /// <summary>Whether an entry or a tag belongs to another silo than this.</summary>
    public bool IsAstray(string scoped) => Silos.OwnerOf(scoped) is { } owner && !owner.Equals(self.SiloAddress);

    /// <summary>The silo that is to hold a copy of this silo's entry: the one that the key belongs to when this one is gone. Null if the key is another silo's, or there is none.</summary>
    public SiloAddress? StandbyOf(string scopedKey) => Silos.FirstTwoOf(scopedKey) is var (owner, next) && self.SiloAddress.Equals(owner) ? next : null;

    /// <summary>Whether a value of that key may be here: of this silo's own, or a copy that it is to hold.</summary>
    public bool MayHold(string scopedKey, bool isStandbyCopy)
    {
        var (owner, next) = Silos.FirstTwoOf(scopedKey);
        return owner is null || self.SiloAddress.Equals(owner) || (isStandbyCopy && self.SiloAddress.Equals(next));
    }

    private View Current
    {
        get
        {
            var (snapshot, manifest, version) = (membership.CurrentSnapshot, manifests.Current, standings.Version);
            var view = Volatile.Read(ref _view);
            if (view.Members.Version == snapshot.Version && ReferenceEquals(view.Manifest, manifest) && view.Standings == version)
            {
                return view;
            }

            var active = snapshot.Members.Values
                .Where(member => member.Status == SiloStatus.Active
                    && manifest.Silos.TryGetValue(member.SiloAddress, out var grains) && grains.Grains.ContainsKey(OwnedGrains.EntryType) && grains.Grains.ContainsKey(OwnedGrains.TagType))
                .Select(member => member.SiloAddress)
                .ToList();

            // While none serves they all own: there is none that could do it better.
            var serving = active.FindAll(silo => standings.Of(silo) == Standing.Serving);
            view = new(snapshot, manifest, version, view.Silos.With(serving.Count > 0 ? serving : active));
            Volatile.Write(ref _view, view);
            return view;
        }
    }

    private sealed record View(ClusterMembershipSnapshot Members, object? Manifest, int Standings, Rendezvous Silos);
}
