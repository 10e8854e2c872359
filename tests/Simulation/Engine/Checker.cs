using OrleansTagCache.Contracts;
using OrleansTagCache.Names;

namespace OrleansTagCache.Simulation.Engine;

/// <summary>A value as a factory made it: which version of each of its tags the source had when the factory began.</summary>
/// <param name="Key">The entry.</param>
/// <param name="Tags">All that it bears: its own tags, <c>*</c>, and last its key.</param>
/// <param name="Versions">The source's versions of these.</param>
/// <param name="LateTags">How many of the first tags were only discovered while generating.</param>
internal sealed record Value(string Key, TagId[] Tags, int[] Versions, int LateTags)
{
    /// <summary>By which the product's types carry it; <see cref="World.ValueOf"/> gives it back.</summary>
    public Payload Payload { get; init; } = Payload.Null;

    /// <summary>What stands for the two tags that its application gave it, taken together, and its version; null for a value with one.</summary>
    public (TagId Tag, int Version)? Joint { get; init; }

    /// <summary>The versions of the tags that readers may name and that it does not bear.</summary>
    public (TagId Tag, int Version)[] Soft { get; init; } = [];

    /// <summary>What stands for several tags taken together: it has versions in the source of its own, since an update of all of them says nothing of each.</summary>
    public static TagId JointOf(IEnumerable<TagId> tags) => TagId.OfTag(Nodes.Catalog.Namespace, string.Join('&', tags.Select(tag => tag.Name).Order(StringComparer.Ordinal)));

    public override string ToString() => $"{CacheNamespace.Split(Key).Name}[{string.Join(' ', Tags.Select((tag, i) => $"{tag.Name}={Versions[i]}"))}]";
}

/// <summary>A read under way, with what had been promised when it began.</summary>
internal sealed record Reading(Node By, string Key, Dictionary<TagId, int> Required, Dictionary<TagId, int> RequiredFresh)
{
    /// <summary>The tags that the reader names.</summary>
    public TagId[] SoftTags { get; init; } = [];

    /// <summary>What had been committed when it began, and may turn out to have been held.</summary>
    public Committed[] Unsure { get; init; } = [];
}

/// <summary>A change of the source that was committed under a hold of which nothing was promised at that moment: whether it was held, its holder is still to be told.</summary>
internal sealed class Committed(Node by, Changing change)
{
    public Node By => by;

    public Changing Change => change;

    /// <summary>What a read that began afterwards has got; null if nothing older.</summary>
    public string? Offence { get; set; }

    /// <summary>Its holder was told <i>held</i>.</summary>
    public bool IsHeld { get; set; }
}

/// <summary>An update or revalidation under way: the version that it made of each of its tags.</summary>
internal sealed record Changing(TagId[] Tags, int[] Versions, TimeSpan? StaleFor)
{
    public override string ToString() => string.Join(' ', Tags.Select((tag, i) => $"{tag.Name}={Versions[i]}"));
}

/// <summary>A read got a value that the promise forbids, or a store did what its invariants forbid.</summary>
internal sealed class BrokenPromiseException(string message) : Exception(message);

/// <summary>
/// The promise of section 1 against a versioned source. The source changes at the very moment at which an update is called, and a factory
/// reads it when it begins: the worst moments that are allowed.
/// <para>An update that has returned forbids older versions of its tags to every read that begins afterwards. A revalidation that has
/// returned forbids them once its time is over by any clock, and forbids to give them out as fresh at once.</para>
/// <para>A change that is committed under a hold forbids older versions to every read that begins after the commit: at once if it is held by its holder's clock and a silo that acknowledged it lives;
/// else if the holder is told <i>held</i> afterwards, and then to the reads since the commit too.</para>
/// </summary>
internal sealed class Checker
{
    private readonly Dictionary<TagId, int> _source = [];
    private readonly Dictionary<TagId, int> _required = [];
    private readonly Dictionary<TagId, int> _requiredFresh = [];
    private readonly List<(TimeSpan At, Changing Change)> _deadlines = [];
    private readonly List<Committed> _unsure = [];

    /// <summary>The versions of keys that were made by sets since a moment, with that moment.</summary>
    private readonly Dictionary<(TagId Key, int Version), TimeSpan> _moments = [];

    /// <summary>Whether a read has got something older than a commit whose holder may still be told <i>held</i>.</summary>
    public bool HasOffence => _unsure.Exists(commit => commit.Offence is not null && !commit.By.IsGone);

    public Value Generate(string key, TagId[] tags, int lateTags) => new(key, tags, Array.ConvertAll(tags, VersionOf), lateTags)
    {
        Soft = Array.ConvertAll(Nodes.Catalog.SoftTags, tag => (tag, VersionOf(tag))),
        Joint = tags.Length > 3 && Value.JointOf(tags[..^2]) is var joint ? (joint, VersionOf(joint)) : null,
    };

    /// <summary>A plain set is on its way: until it has ended, its value may be the last of all sets and removals of the key that overlap it.</summary>
    public static void MayBeLast(Value set) => set.Versions[^1] = int.MaxValue;

    /// <summary>The plain set has ended: whatever is called from now on is later.</summary>
    public void Ended(Value set) => set.Versions[^1] = Math.Min(set.Versions[^1], VersionOf(set.Tags[^1]));

    /// <summary>
    /// A set of a value that was made after a moment is called. Until it has ended, its value may be the last of all that overlap it; but not if the key was set or removed since it was made, and that has returned: then it
    /// is as old as it is. Sets of this kind are ordered by their moments instead.
    /// </summary>
    public Changing BeginSince(Value value, TimeSpan moment)
    {
        var key = value.Tags[^1];
        var last = _required.GetValueOrDefault(key);
        if (last <= value.Versions[^1] || (_moments.TryGetValue((key, last), out var others) && others <= moment))
        {
            MayBeLast(value);
        }

        var change = Begin([key], null);
        _moments.Add((key, change.Versions[0]), moment);
        return change;
    }

    public Changing Begin(TagId[] tags, TimeSpan? staleFor)
    {
        foreach (var tag in tags)
        {
            _source[tag] = VersionOf(tag) + 1;
        }

        return new(tags, Array.ConvertAll(tags, VersionOf), staleFor);
    }

    /// <summary>An update of all of these tags is called.</summary>
    public Changing BeginAll(TagId[] tags) => Begin([Value.JointOf(tags)], null);

    public void Returned(Changing change, TimeSpan now)
    {
        Raise(_requiredFresh, change);
        if (change.StaleFor is { } staleFor)
        {
            _deadlines.Add((now + (staleFor * 1.011), change));
        }
        else
        {
            Raise(_required, change);
        }
    }

    /// <summary>The source changes under a hold.</summary>
    /// <param name="by">The holder.</param>
    /// <param name="tags">What is held.</param>
    /// <param name="isHeld">Whether it is held at this moment.</param>
    /// <returns>What is still to be judged; null if everything is promised already.</returns>
    public Committed? Commit(Node by, TagId[] tags, bool isHeld)
    {
        var change = Begin(tags, null);
        if (isHeld)
        {
            Promise(change);
            return null;
        }

        _unsure.Add(new(by, change));
        return _unsure[^1];
    }

    /// <summary>The holder was told what became of its hold. If it had lapsed, nothing is promised but what an update promises.</summary>
    public void Ended(Committed commit, bool isHeld)
    {
        _unsure.Remove(commit);
        if (!isHeld)
        {
            return;
        }

        commit.IsHeld = true;
        Promise(commit.Change);
        if (commit.Offence is { } offence)
        {
            throw new BrokenPromiseException(offence);
        }
    }

    public Reading BeginRead(Node by, string key, TimeSpan now, params TagId[] softTags)
    {
        foreach (var (_, change) in _deadlines.Where(deadline => deadline.At < now))
        {
            Raise(_required, change);
        }

        _deadlines.RemoveAll(deadline => deadline.At < now);
        _unsure.RemoveAll(commit => commit.By.IsGone);
        return new(by, key, new(_required), new(_requiredFresh)) { SoftTags = softTags, Unsure = [.. _unsure] };
    }

    public static void Returned(Reading reading, Value value, bool isStale, string how)
    {
        Array.ForEach(reading.Unsure, commit => Judge(commit, reading, value, how));
        if (value.Joint is { } joint && joint.Version < reading.Required.GetValueOrDefault(joint.Tag))
        {
            throw new BrokenPromiseException(
                $"{reading.By} got {value} ({how}) with version {joint.Version} of {joint.Tag.Name}, but version {reading.Required[joint.Tag]} had been promised when it asked.");
        }

        foreach (var (tag, version) in value.Soft.Where(soft => reading.SoftTags.Contains(soft.Tag)))
        {
            if (version < (isStale ? reading.Required : reading.RequiredFresh).GetValueOrDefault(tag) || version < reading.Required.GetValueOrDefault(tag))
            {
                throw new BrokenPromiseException($"{reading.By} got {value} ({how}){(isStale ? " stale" : string.Empty)} of version {version} of its soft tag {tag.Name}, but a later one was known when it asked.");
            }
        }

        for (var i = 0; i < value.Tags.Length; i++)
        {
            var tag = value.Tags[i];
            if (value.Versions[i] < reading.Required.GetValueOrDefault(tag))
            {
                throw new BrokenPromiseException(
                    $"{reading.By} got {value} ({how}), but version {reading.Required[tag]} of {tag.Name} had been promised when it asked.");
            }

            if (!isStale && value.Versions[i] < reading.RequiredFresh.GetValueOrDefault(tag))
            {
                throw new BrokenPromiseException(
                    $"{reading.By} got {value} as fresh ({how}), but version {reading.RequiredFresh[tag]} of {tag.Name} was known when it asked.");
            }
        }
    }

    private static void Judge(Committed commit, Reading reading, Value value, string how)
    {
        for (var i = 0; i < value.Tags.Length; i++)
        {
            var at = Array.IndexOf(commit.Change.Tags, value.Tags[i]);
            if (at >= 0 && value.Versions[i] < commit.Change.Versions[at])
            {
                commit.Offence ??= $"{reading.By} got {value} ({how}), but {commit.Change} was committed when it asked, and its holder was told that it was held.";
                if (commit.IsHeld)
                {
                    throw new BrokenPromiseException(commit.Offence);
                }
            }
        }
    }

    private void Promise(Changing change)
    {
        Raise(_required, change);
        Raise(_requiredFresh, change);
    }

    private int VersionOf(TagId tag) => _source.GetValueOrDefault(tag);

    private static void Raise(Dictionary<TagId, int> versions, Changing change)
    {
        for (var i = 0; i < change.Tags.Length; i++)
        {
            versions[change.Tags[i]] = Math.Max(versions.GetValueOrDefault(change.Tags[i]), change.Versions[i]);
        }
    }
}
