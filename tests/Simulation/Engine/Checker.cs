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

    public override string ToString() => $"{CacheNamespace.Split(Key).Name}[{string.Join(' ', Tags.Select((tag, i) => $"{tag.Name}={Versions[i]}"))}]";
}

/// <summary>A read under way, with what had been promised when it began.</summary>
internal sealed record Reading(Node By, string Key, Dictionary<TagId, int> Required, Dictionary<TagId, int> RequiredFresh);

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
/// </summary>
internal sealed class Checker
{
    private readonly Dictionary<TagId, int> _source = [];
    private readonly Dictionary<TagId, int> _required = [];
    private readonly Dictionary<TagId, int> _requiredFresh = [];
    private readonly List<(TimeSpan At, Changing Change)> _deadlines = [];

    public Value Generate(string key, TagId[] tags, int lateTags) => new(key, tags, Array.ConvertAll(tags, VersionOf), lateTags);

    /// <summary>A plain set is on its way: until it has ended, its value may be the last of all sets and removals of the key that overlap it.</summary>
    public static void MayBeLast(Value set) => set.Versions[^1] = int.MaxValue;

    /// <summary>The plain set has ended: whatever is called from now on is later.</summary>
    public void Ended(Value set) => set.Versions[^1] = Math.Min(set.Versions[^1], VersionOf(set.Tags[^1]));

    public Changing Begin(TagId[] tags, TimeSpan? staleFor)
    {
        foreach (var tag in tags)
        {
            _source[tag] = VersionOf(tag) + 1;
        }

        return new(tags, Array.ConvertAll(tags, VersionOf), staleFor);
    }

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

    public Reading BeginRead(Node by, string key, TimeSpan now)
    {
        foreach (var (_, change) in _deadlines.Where(deadline => deadline.At < now))
        {
            Raise(_required, change);
        }

        _deadlines.RemoveAll(deadline => deadline.At < now);
        return new(by, key, new(_required), new(_requiredFresh));
    }

    public static void Returned(Reading reading, Value value, bool isStale, string how)
    {
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

    private int VersionOf(TagId tag) => _source.GetValueOrDefault(tag);

    private static void Raise(Dictionary<TagId, int> versions, Changing change)
    {
        for (var i = 0; i < change.Tags.Length; i++)
        {
            versions[change.Tags[i]] = Math.Max(versions.GetValueOrDefault(change.Tags[i]), change.Versions[i]);
        }
    }
}
