using System.Diagnostics.Metrics;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>Which tags have metrics of their own, what is counted of them, and what becomes of those beyond the bound.</summary>
public sealed class TagMetricsTests
{
    [Fact]
    public void Instruments_WithoutMetricTags_AreNotThere()
    {
        var metrics = InvalidatorHost.Metrics(new());
        using var watch = new InstrumentWatch(instrument => ReferenceEquals(instrument.Meter, metrics.Meter));

        Assert.Null(metrics.Tags);
        Assert.NotEmpty(watch.Instruments);
        Assert.DoesNotContain(watch.Instruments, instrument => instrument.Name.StartsWith("tagcache.tag.", StringComparison.Ordinal));
    }

    [Fact]
    public void Instruments_OfMetricTags_KeepTheConventions_AndAreOnTheReferencePage()
    {
        var metrics = Metrics(["a"]);
        using var watch = new InstrumentWatch(instrument => ReferenceEquals(instrument.Meter, metrics.Meter) && instrument.Name.StartsWith("tagcache.tag.", StringComparison.Ordinal));
        metrics.Tags!.OnUpdate("update", [InvalidatorHost.Tag("a")]);
        metrics.Tags.OnDependents(InvalidatorHost.Tag("a"), 1);

        Assert.Empty(MetricConventions.Faults(watch.Instruments));
        Assert.Equal(
            MetricRow.Under("## Single tags").OrderBy(row => row.Name, StringComparer.Ordinal),
            watch.Instruments.Select(MetricRow.Of).OrderBy(row => row.Name, StringComparer.Ordinal));
        Assert.Equal(["tagcache.namespace", "tagcache.operation", "tagcache.tag"], watch.Attributes.Order(StringComparer.Ordinal));
        Assert.All(watch.Attributes, attribute => Assert.True(MetricConventions.IsAttribute(attribute), attribute));
    }

    [Theory]
    [InlineData("products", true)]
    [InlineData("product", false)]
    [InlineData("Products", false)]
    [InlineData("products:1", false)]
    [InlineData("user:", true)]
    [InlineData("user:1", true)]
    [InlineData("user", false)]
    [InlineData("USER:1", false)]
    [InlineData("a*b", true)]
    [InlineData("a-b", false)]
    public void Tag_ThatAPatternNames_IsCounted(string tag, bool isCounted)
    {
        var metrics = Metrics(["products", "user:*", "a*b"]);
        using var seen = new Seen(metrics);

        metrics.Tags!.OnUpdate("update", [InvalidatorHost.Tag(tag)]);

        Assert.Equal(isCounted ? [("update", "default", tag, 1)] : [], seen.Updates);
    }

    [Fact]
    public void Key_IsNotCounted_HoweverWideThePattern()
    {
        var metrics = Metrics(["*"]);
        using var seen = new Seen(metrics);

        metrics.Tags!.OnUpdate("update", [TagId.OfKey(CacheNamespace.Default.Scope("key")), InvalidatorHost.Tag("*")]);

        Assert.Equal([("update", "default", "*", 1L)], seen.Updates);
    }

    [Fact]
    public void Tag_OfAnotherNamespace_IsAnotherOne()
    {
        var metrics = Metrics(["a"]);
        using var seen = new Seen(metrics);
        var other = TagId.OfTag(CacheNamespace.Parse("other"), "a");

        metrics.Tags!.OnUpdate("update", [InvalidatorHost.Tag("a"), other]);
        metrics.Tags.OnUpdate("revalidate", [other]);
        metrics.Tags.OnDependents(other, 1);

        Assert.Equal([("revalidate", "other", "a", 1), ("update", "default", "a", 1), ("update", "other", "a", 1L)], seen.Updates);
        Assert.Equal([("other", "a", 1L)], seen.Dependents);
    }

    /// <summary>The third user and the fourth share a series, and so does one that had dependents only; what was added to it goes from it.</summary>
    [Fact]
    public void Tags_BeyondTheBound_ShareOneSeries()
    {
        var metrics = Metrics(["user:*"], maximum: 2);
        using var seen = new Seen(metrics);
        for (var i = 1; i <= 4; i++)
        {
            metrics.Tags!.OnUpdate("update", [InvalidatorHost.Tag($"user:{i}")]);
        }

        foreach (var (user, change) in new[] { (1, 1), (3, 1), (4, 1), (5, 1), (3, -1) })
        {
            metrics.Tags!.OnDependents(InvalidatorHost.Tag($"user:{user}"), change);
        }

        Assert.Equal([("update", "", "", 2), ("update", "default", "user:1", 1), ("update", "default", "user:2", 1L)], seen.Updates);
        Assert.Equal([("", "", 2), ("default", "user:1", 1L)], seen.Dependents);
        Assert.Throws<ArgumentException>(() => TagName.Parse(""));
    }

    [Fact]
    public void Tag_GivenByName_HasItsPlaceKept()
    {
        var metrics = Metrics(["*", "products"], maximum: 2);
        using var seen = new Seen(metrics);

        metrics.Tags!.OnUpdate("update", [InvalidatorHost.Tag("x"), InvalidatorHost.Tag("y"), InvalidatorHost.Tag("products")]);

        Assert.Equal([("update", "", "", 1), ("update", "default", "products", 1), ("update", "default", "x", 1L)], seen.Updates);
    }

    [Fact]
    public async Task Tags_MetAtTheSameTime_KeepTheBound_AndNoCountIsLost()
    {
        var metrics = Metrics(["*"], maximum: 10);
        using var seen = new Seen(metrics);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                metrics.Tags!.OnDependents(InvalidatorHost.Tag($"t{i % 50}"), 1);
            }
        })));

        Assert.Equal(11, seen.Dependents.Length);
        Assert.Equal(4_000, seen.Dependents.Sum(series => series.Count));
        Assert.All(seen.Dependents.Where(series => series.Tag.Length > 0), series => Assert.Equal(80, series.Count));
    }

    [Fact]
    public async Task Updates_AreCountedOnceEachAtTheirCoordinator()
    {
        var metrics = Metrics(["a", "b"]);
        using var seen = new Seen(metrics);
        using var host = new InvalidatorHost(metrics: metrics);
        await host.Serve((InvalidatorHost.Silo(2), SiloStatus.Active));
        TagId[] tags = [InvalidatorHost.Tag("a"), InvalidatorHost.Tag("b"), InvalidatorHost.Tag("c")];

        Assert.True((await host.Invalidator.Begin(new(tags, StaleFor: null)).Completion.Soon()).IsComplete);
        Assert.True((await host.Invalidator.Begin(new(tags[..1], TimeSpan.FromHours(1))).Completion.Soon()).IsComplete);

        var another = Guid.NewGuid();

        // One of another silo, which counts it.
        host.Invalidator.Receive(InvalidatorHost.Silo(2), new(another, [new(new(another, 1), tags, StaleFor: null)], [], 1));

        Assert.Equal([("revalidate", "default", "a", 1), ("update", "default", "a", 1), ("update", "default", "b", 1L)], seen.Updates);
    }

    /// <summary>Values replace each other, become copies and own ones again, and are evicted; <c>*</c> of another namespace is not counted.</summary>
    [Fact]
    public async Task Dependents_AreTheEntriesThatBearTheTagNow()
    {
        var metrics = Metrics(["a", "b", "*"]);
        using var seen = new Seen(metrics);
        using var silo = await EntrySilo.Serve(maximumEntries: 2, tags: metrics.Tags);
        await silo.Generate("one", EntrySilo.Data("a", "b"));
        await silo.Generate("two", EntrySilo.Data("a", ForeignTag.Of(TagId.OfEverything(CacheNamespace.Parse("other")))));
        Assert.Equal([("default", "a", 2), ("default", "b", 1L)], seen.Dependents);

        var one = silo.Entry("one");
        await one.Set(await one.BeginSet(), EntrySilo.Data("a"), age: TimeSpan.Zero);
        Assert.Equal([("default", "a", 2), ("default", "b", 0L)], seen.Dependents);

        var slot = silo.Table.Find(EntrySilo.Scope("one"))!;
        lock (slot.Gate)
        {
            silo.Table.OwnNeedsGate(slot, isOwn: false);
            Assert.Equal([("default", "a", 1), ("default", "b", 0L)], seen.Dependents);
            silo.Table.OwnNeedsGate(slot, isOwn: true);
        }

        Assert.Equal([("default", "a", 2), ("default", "b", 0L)], seen.Dependents);

        await silo.Generate("three", EntrySilo.Data());
        Assert.Equal(1, silo.Table.Evictions);
        Assert.Equal([("default", "a", 1), ("default", "b", 0L)], seen.Dependents);
    }

    [Fact]
    public void Validate_NamesEverySettingThatIsWrong()
    {
        Assert.True(new TagCacheOptionsValidator().Validate(null, new() { MetricTags = ["a", "user:*", "*"], MaximumMetricTags = 1 }).Succeeded);
        Assert.Equal(
            ["TagCache:MetricTags:1: A tag must have at least 1 UTF-16 unit; this one is empty.", "TagCache:MetricTags:2: A tag must not be null.", "TagCache:MetricTags:3: A tag may have at most 256 UTF-16 units; this one has 257."],
            Faults(new() { MetricTags = ["a", "", null!, new('a', 257)] }));
        Assert.Equal(["TagCache:MetricTags must not be null."], Faults(new() { MetricTags = null! }));
        Assert.Equal(["TagCache:MetricTags has 101 names and patterns; at most 100 are possible."], Faults(new() { MetricTags = [.. Enumerable.Range(0, 101).Select(i => $"{i}*")] }));
        Assert.Equal(["TagCache:MaximumMetricTags (1) must not be less than the number of names in TagCache:MetricTags (2)."], Faults(new() { MetricTags = ["a", "b", "b"], MaximumMetricTags = 1 }));
        Assert.StartsWith("TagCache:MaximumMetricTags", Assert.Single(Faults(new() { MaximumMetricTags = 0 })), StringComparison.Ordinal);
        Assert.StartsWith("TagCache:MaximumMetricTags", Assert.Single(Faults(new() { MaximumMetricTags = 1_001 })), StringComparison.Ordinal);
    }

    private static string[] Faults(TagCacheOptions options) => [.. new TagCacheOptionsValidator().Validate(null, options).Failures!];

    private static SiloMetrics Metrics(string[] tags, int maximum = 100) => InvalidatorHost.Metrics(new() { MetricTags = tags, MaximumMetricTags = maximum });

    /// <summary>What is measured of single tags.</summary>
    private sealed class Seen : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<(string Operation, string Namespace, string Tag), long> _updates = [];
        private readonly Dictionary<(string Namespace, string Tag), long> _dependents = [];
        private readonly MeterListener _listener = new();

        public Seen(SiloMetrics metrics)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter, metrics.Meter) && instrument.Name.StartsWith("tagcache.tag.", StringComparison.Ordinal))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((instrument, measured, attributes, _) =>
            {
                var by = attributes.ToArray().ToDictionary(attribute => attribute.Key, attribute => (string)attribute.Value!);
                var tag = (Namespace: by["tagcache.namespace"], Tag: by["tagcache.tag"]);
                lock (_gate)
                {
                    if (instrument.IsObservable)
                    {
                        _dependents.Add(tag, measured);
                        return;
                    }

                    var counted = (by["tagcache.operation"], tag.Namespace, tag.Tag);
                    _updates[counted] = _updates.GetValueOrDefault(counted) + measured;
                }
            });
            _listener.Start();
        }

        public (string Operation, string Namespace, string Tag, long Count)[] Updates
        {
            get
            {
                lock (_gate)
                {
                    return [.. _updates.Select(series => (series.Key.Operation, series.Key.Namespace, series.Key.Tag, series.Value)).Order()];
                }
            }
        }

        /// <summary>As they are now; no series twice.</summary>
        public (string Namespace, string Tag, long Count)[] Dependents
        {
            get
            {
                _dependents.Clear();
                _listener.RecordObservableInstruments();
                return [.. _dependents.Select(series => (series.Key.Namespace, series.Key.Tag, series.Value)).Order()];
            }
        }

        public void Dispose() => _listener.Dispose();
    }
}
