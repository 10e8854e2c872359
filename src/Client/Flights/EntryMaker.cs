using OrleansTagCache.Contracts;
using OrleansTagCache.Names;
using OrleansTagCache.Serialization;

namespace OrleansTagCache.Flights;

/// <summary>Makes entries of what callers and factories say: checks it, fills in the defaults, and holds it against the limits.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class EntryMaker
{
    /// <summary>How far apart entries that were made together are refreshed early: up to this part of the time that is left.</summary>
    private const double EagerSpread = 0.1;

    private readonly Lock _gate = new();
    private readonly Random _random = new();
    private readonly CacheLife _defaultLife;
    private readonly int _maximumPayloadBytes;
    private readonly CacheNamespace _namespace;

    public EntryMaker(TagCacheClientOptions options, PayloadSerializer serializer)
    {
        Profiles = new(options.Profiles);
        Serializer = serializer;
        _defaultLife = Profiles.Resolve(options.DefaultLife, nameof(options));
        _maximumPayloadBytes = options.MaximumPayloadBytes;
        _namespace = CacheNamespace.Parse(options.Namespace, nameof(options));
    }

    public CacheLifeProfiles Profiles { get; }

    public PayloadSerializer Serializer { get; }

    /// <exception cref="ArgumentException">A tag, the life or a duration breaks a limit.</exception>
    public void Check(CacheEntryOptions? options, IReadOnlyCollection<string>? tags)
    {
        options?.Check(nameof(options));
        TagsOf(options, tags);
        LifeOf(options);
    }

    /// <summary>A factory begins.</summary>
    public CacheContext Begin(string key, string[] tags, CacheEntryOptions? options, CacheContext? outer, EntrySnapshot? old, Func<Type, object?> stale) =>
        new(_namespace, key, TagsOf(options, tags), LifeOf(options), Profiles, outer, old, stale);

    /// <inheritdoc cref="PayloadSerializer.TryWrite"/>
    public Payload? TryWrite<T>(T value, out T readBack) => Serializer.TryWrite(value, _maximumPayloadBytes, out readBack);

    /// <summary>A factory has made a value.</summary>
    public Generated Make(CacheContext context, Payload payload, CacheEntryOptions? options, bool isLoaded)
    {
        var entry = context.ToEntry(payload, _defaultLife);
        var life = Jittered(entry.Life, options);
        entry = entry with
        {
            Life = life,
            IsLoaded = isLoaded,
            FailSafe = options?.FailSafe ?? TimeSpan.Zero,
            Sliding = options?.Sliding ?? TimeSpan.Zero,
            Standby = options?.Standby,
            EagerAt = EagerAt(life, options),
        };
        return new(entry, context.WhyNotStored ?? FaultOf(payload), context.IsUnwanted, context.IsFar, context.IsWithheld);
    }

    /// <summary>A caller has a value already.</summary>
    /// <exception cref="ArgumentException">A tag, the life, a duration or the value's size breaks a limit.</exception>
    public EntryData Make<T>(T value, CacheEntryOptions? options)
    {
        Check(options, options?.Tags);
        return MakeOf(Serializer.Serialize(value), options, TagsOf(options, options?.Tags));
    }

    /// <summary>The same; null for a value that its options do not want stored.</summary>
    /// <inheritdoc cref="Make{T}"/>
    public EntryData? MakeUnlessUnwanted<T>(T value, CacheEntryOptions? options)
    {
        if (value is not null || options is not { StoreNull: false })
        {
            return Make(value, options);
        }

        Check(options, options.Tags);
        return null;
    }

    /// <summary>An adapter has bytes already, which no serializer is asked for; the array is the entry's from now on.</summary>
    /// <param name="value">The bytes.</param>
    /// <param name="options">What is said of them.</param>
    /// <param name="madeIn">What they were made in, if that knows more of them.</param>
    /// <exception cref="ArgumentException">A tag, their number, the life, a duration or the value's size breaks a limit, or what it was made from forbids to store it.</exception>
    public EntryData MakeBytes(byte[] value, CacheEntryOptions options, CacheContext? madeIn = null)
    {
        options.Check(nameof(options));
        LifeOf(options);
        var entry = MakeOf(new(value, PayloadSerializer.Binary), options, TagSet.ForEntry(options.Tags, int.MaxValue, nameof(options)));
        entry = madeIn?.Over(entry) ?? entry;
        return (madeIn?.WhyNotStored ?? (madeIn?.IsWithheld == true ? "It was made from a value that is not for storing." : null) ?? TagSet.FaultOfEntry(entry.Tags)) is { } fault ? throw new ArgumentException(fault, nameof(options)) : entry;
    }

    private EntryData MakeOf(Payload value, CacheEntryOptions? options, string[] tags)
    {
        if (FaultOf(value) is { } fault)
        {
            throw new ArgumentException(fault, nameof(value));
        }

        var life = Jittered(LifeOf(options) ?? _defaultLife, options);
        return new(
            value,
            tags,
            CopiedTags: null,
            life,
            FailSafe: options?.FailSafe ?? TimeSpan.Zero,
            Sliding: options?.Sliding ?? TimeSpan.Zero,
            Standby: options?.Standby,
            EagerAt: EagerAt(life, options));
    }

    private static string[] TagsOf(CacheEntryOptions? options, IReadOnlyCollection<string>? tags) =>
        TagSet.ForEntry(tags, options?.MostTags ?? NameLimits.TagsPerCall, nameof(options));

    private CacheLife? LifeOf(CacheEntryOptions? options) => options?.Life is { } life ? Profiles.Resolve(life, nameof(options)) : null;

    private string? FaultOf(Payload payload) => payload.Bytes.Length > _maximumPayloadBytes
        ? $"A value may have at most {_maximumPayloadBytes} bytes when serialized; this one has {payload.Bytes.Length}."
        : null;

    private CacheLife Jittered(CacheLife life, CacheEntryOptions? options)
    {
        if (options is not { Jitter: { Ticks: > 0 } jitter })
        {
            return life;
        }

        return life.Shortened(jitter * NextRandom());
    }

    /// <summary>The age from which it is refreshed early: never, if it is never stale.</summary>
    private TimeSpan EagerAt(CacheLife life, CacheEntryOptions? options) => options?.EagerRefresh is { } share && life.Revalidate < CacheLife.Forever
        ? life.Revalidate * (share + ((1 - share) * EagerSpread * NextRandom()))
        : TimeSpan.Zero;

    private double NextRandom()
    {
        lock (_gate)
        {
            return _random.NextDouble();
        }
    }
}
