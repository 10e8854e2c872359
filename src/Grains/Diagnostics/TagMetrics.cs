using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using OrleansTagCache.Names;

namespace OrleansTagCache.Diagnostics;

/// <summary>
/// What a silo counts of single tags: of those that the options name. The first of them have series of their own, as many as the options allow and for as long as the silo runs; all others that match share one, whose
/// tag and namespace are empty, as no tag's are.
/// </summary>
/// <remarks>
/// Thread-safe. There is none where the options name no tags. A tag that found no place never gets one: what it added to the shared series is taken from there again. Names have their places before patterns.
/// </remarks>
internal sealed class TagMetrics
{
    /// <summary>The name of the counter of updates.</summary>
    public const string UpdatesName = "tagcache.tag.updates";

    /// <summary>No fewer than that counter can have: three operations of each tag and of the others, at the most tags that the options allow.</summary>
    public const int MostSeries = 3_100;

    private const string TagTag = "tagcache.tag";
    private const string NamespaceTag = "tagcache.namespace";

    private readonly HashSet<string> _names;
    private readonly string[] _prefixes;
    private readonly int _maximum;
    private readonly int _maximumByPrefix;
    private readonly Counter<long> _updates;
    private readonly ConcurrentDictionary<TagId, Series> _series = [];
    private readonly Series _others = new(string.Empty, string.Empty);
    private readonly Lock _gate = new();
    private int _count;
    private int _countByPrefix;

    private TagMetrics(Meter meter, TagMetricPatterns patterns, int maximum)
    {
        (_names, _prefixes) = (patterns.Names, patterns.Prefixes);
        (_maximum, _maximumByPrefix) = (maximum, maximum - _names.Count);
        _updates = meter.CreateCounter<long>(UpdatesName, "{update}", "Updates, revalidations and holds of single tags that every process has acknowledged, by operation, tag and namespace.");
        meter.CreateObservableUpDownCounter("tagcache.tag.dependent.count", Dependents, "{entry}", "Entries on this silo that bear the tag, by tag and namespace.");
    }

    /// <summary>Null if the options name no tags: then there are no such instruments.</summary>
    public static TagMetrics? Of(Meter meter, TagCacheOptions? options) =>
        options is { MetricTags.Length: > 0 } ? new(meter, TagMetricPatterns.Of(options.MetricTags), options.MaximumMetricTags) : null;

    /// <summary>Every process has acknowledged.</summary>
    /// <param name="operation">What: <c>update</c>, <c>revalidate</c> or <c>hold</c>.</param>
    /// <param name="tags">Of these tags; keys among them are not counted.</param>
    public void OnUpdate(string operation, TagId[] tags)
    {
        foreach (var tag in tags)
        {
            if (Find(tag) is { } series)
            {
                _updates.Add(1, new(SiloMetrics.OperationTag, operation), new(TagTag, series.Tag), new(NamespaceTag, series.Namespace));
            }
        }
    }

    /// <summary>An entry of this silo bears the tag now, or does so no more. Of <c>*</c> nothing is counted: every entry of its namespace depends on it.</summary>
    public void OnDependents(TagId tag, int change)
    {
        if (tag.Name != TagName.Everything.Value)
        {
            Find(tag)?.Add(change);
        }
    }

    private IEnumerable<Measurement<long>> Dependents() => _series.Values.Append(_others).Where(series => series.IsUsed).Select(series =>
        new Measurement<long>(series.Dependents, new(TagTag, series.Tag), new(NamespaceTag, series.Namespace)));

    /// <summary>The series of a tag; null if it is none that is to be counted.</summary>
    private Series? Find(TagId tag)
    {
        if (_series.TryGetValue(tag, out var known))
        {
            return known;
        }

        var isName = tag.Kind == TagKind.Tag && _names.Contains(tag.Name);
        if (!isName && (tag.Kind != TagKind.Tag || !Array.Exists(_prefixes, prefix => tag.Name.StartsWith(prefix, StringComparison.Ordinal))))
        {
            return null;
        }

        lock (_gate)
        {
            if (_series.TryGetValue(tag, out known))
            {
                return known;
            }

            if (_count == _maximum || (!isName && _countByPrefix == _maximumByPrefix))
            {
                return _others;
            }

            _count++;
            _countByPrefix += isName ? 0 : 1;
            return _series[tag] = new(tag.Namespace.Value, tag.Name);
        }
    }

    private sealed class Series(string ns, string tag)
    {
        private long _dependents;
        private bool _isUsed;

        public string Namespace => ns;

        public string Tag => tag;

        /// <summary>Whether it ever had dependents.</summary>
        public bool IsUsed => Volatile.Read(ref _isUsed);

        public long Dependents => Interlocked.Read(ref _dependents);

        public void Add(int change)
        {
            Interlocked.Add(ref _dependents, change);
            Volatile.Write(ref _isUsed, true);
        }
    }
}
