using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace OrleansTagCache;

/// <summary>
/// How long an entry lives, as durations counted from the start of its generation: up to <see cref="Revalidate"/> it is fresh; up to
/// <see cref="Expire"/> it is served stale while it is refreshed in the background; beyond that it is a miss.
/// </summary>
/// <remarks>
/// Immutable and thread-safe. The seven profiles and their figures are those of Next.js' <c>cacheLife</c>. Add profiles of your own to
/// the options by name, and refer to them with <see cref="Profile"/>.
/// </remarks>
[GenerateSerializer, Immutable, Alias("otc.CacheLife"), TypeConverter(typeof(FromProfileName))]
public sealed record CacheLife
{
    /// <summary>A duration without an end.</summary>
    public static readonly TimeSpan Forever = TimeSpan.MaxValue;

    [Id(0)]
    private readonly TimeSpan _stale;

    [Id(1)]
    private readonly TimeSpan _revalidate;

    [Id(2)]
    private readonly TimeSpan _expire;

    /// <summary>A life of explicit durations.</summary>
    /// <param name="stale">How long a copy outside the cache may be used without asking. Zero or more.</param>
    /// <param name="revalidate">The age up to which the entry is fresh. Zero or more.</param>
    /// <param name="expire">The age up to which it may be served stale. Not less than <paramref name="revalidate"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A duration is negative.</exception>
    /// <exception cref="ArgumentException"><paramref name="expire"/> is less than <paramref name="revalidate"/>.</exception>
    public CacheLife(TimeSpan stale, TimeSpan revalidate, TimeSpan expire)
    {
        NotNegative(stale, nameof(stale));
        NotNegative(revalidate, nameof(revalidate));
        NotNegative(expire, nameof(expire));
        if (expire < revalidate)
        {
            throw new ArgumentException(
                $"Expire must not be less than Revalidate; Expire is {expire} and Revalidate is {revalidate}.", nameof(expire));
        }

        (_stale, _revalidate, _expire) = (stale, revalidate, expire);
    }

    private CacheLife(string profileName) => ProfileName = profileName;

    /// <summary>Stale 300 s, revalidate 900 s, never expires.</summary>
    public static CacheLife Default { get; } = OfSeconds(300, 900, null);

    /// <summary>Stale 30 s, revalidate 1 s, expire 60 s.</summary>
    public static CacheLife Seconds { get; } = OfSeconds(30, 1, 60);

    /// <summary>Stale 300 s, revalidate 60 s, expire 1 hour.</summary>
    public static CacheLife Minutes { get; } = OfSeconds(300, 60, 3_600);

    /// <summary>Stale 300 s, revalidate 1 hour, expire 1 day.</summary>
    public static CacheLife Hours { get; } = OfSeconds(300, 3_600, 86_400);

    /// <summary>Stale 300 s, revalidate 1 day, expire 1 week.</summary>
    public static CacheLife Days { get; } = OfSeconds(300, 86_400, 604_800);

    /// <summary>Stale 300 s, revalidate 1 week, expire 30 days.</summary>
    public static CacheLife Weeks { get; } = OfSeconds(300, 604_800, 2_592_000);

    /// <summary>Stale 300 s, revalidate 30 days, expire 1 year.</summary>
    public static CacheLife Max { get; } = OfSeconds(300, 2_592_000, 31_536_000);

    /// <summary>How long a copy outside the cache (a browser, a router) may be used without asking.</summary>
    /// <exception cref="InvalidOperationException">The life is a profile of the options that no cache has looked up yet.</exception>
    public TimeSpan Stale => Known(_stale);

    /// <summary>The age up to which the entry is fresh.</summary>
    /// <exception cref="InvalidOperationException">The life is a profile of the options that no cache has looked up yet.</exception>
    public TimeSpan Revalidate => Known(_revalidate);

    /// <summary>The age up to which the entry may be served stale; <see cref="Forever"/> for no end.</summary>
    /// <exception cref="InvalidOperationException">The life is a profile of the options that no cache has looked up yet.</exception>
    public TimeSpan Expire => Known(_expire);

    /// <summary>The name of a profile of the options, for a life that <see cref="Profile"/> made of one; otherwise null.</summary>
    [Id(3)]
    public string? ProfileName { get; }

    /// <summary>A profile by its name, in any case: one of the seven, or one in the options of the cache that gets the life.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The profile.</returns>
    /// <remarks>A name that is neither is an <see cref="ArgumentException"/> of the call that gets the life.</remarks>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    public static CacheLife Profile(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return CacheLifeProfiles.TryGetBuiltIn(name, out var life) ? life : new(name);
    }

    /// <summary>A life that is fresh for <paramref name="duration"/> and then a miss: what other caches call an expiration.</summary>
    /// <param name="duration">Zero or more.</param>
    /// <returns>The life.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The duration is negative.</exception>
    public static CacheLife For(TimeSpan duration)
    {
        NotNegative(duration, nameof(duration));
        return new(duration, duration, duration);
    }

    /// <summary>Returns the durations, or the name of a profile that no cache has looked up yet.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => ProfileName is { } name
        ? $"profile '{name}'"
        : $"stale {Text(_stale)}, revalidate {Text(_revalidate)}, expire {Text(_expire)}";

    /// <summary>The smallest of each field of two lives.</summary>
    internal static CacheLife Smallest(CacheLife left, CacheLife right) =>
        new(Min(left.Stale, right.Stale), Min(left.Revalidate, right.Revalidate), Min(left.Expire, right.Expire));

    /// <summary>What is left of this life at an age; nothing falls below zero and forever stays forever.</summary>
    internal CacheLife After(TimeSpan age) => new(Stale, Left(Revalidate, age), Left(Expire, age));

    /// <summary>Stale earlier by so much; what is a miss as soon as it is not fresh stays so.</summary>
    internal CacheLife Shortened(TimeSpan by)
    {
        var revalidate = Left(Revalidate, by);
        return new(Stale, revalidate, Expire == Revalidate ? revalidate : Expire);
    }

    /// <summary>This life for a value that is stale at that age and over when so much more time has passed; with what is left of its time for fail-safe, which ends then too.</summary>
    internal (CacheLife Life, TimeSpan FailSafe) StaleAt(TimeSpan age, TimeSpan left, TimeSpan failSafe)
    {
        // An age counts up to its end, and a deadline is over at its moment.
        var before = age - TimeSpan.FromTicks(1);
        var end = left <= TimeSpan.Zero ? before : left < Forever - before ? before + left : Forever;
        var beyond = end > Expire ? end - Expire : TimeSpan.Zero;
        return (new(Stale, Min(Revalidate, before), Min(Expire, end)), Min(failSafe, beyond));
    }

    private static string Text(TimeSpan duration) => duration == Forever ? "never" : duration.ToString();

    private static TimeSpan Left(TimeSpan duration, TimeSpan age) =>
        duration == Forever ? Forever : duration <= age ? TimeSpan.Zero : duration - age;

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left <= right ? left : right;

    private static CacheLife OfSeconds(int stale, int revalidate, int? expire) =>
        new(TimeSpan.FromSeconds(stale), TimeSpan.FromSeconds(revalidate), expire is { } e ? TimeSpan.FromSeconds(e) : Forever);

    private static void NotNegative(TimeSpan duration, string name)
    {
        if (duration < TimeSpan.Zero)
        {
            Negative(duration, name);
        }
    }

    [DoesNotReturn]
    private static void Negative(TimeSpan duration, string name) =>
        throw new ArgumentOutOfRangeException(name, duration, $"A life's durations must not be negative; {name} is {duration}.");

    private TimeSpan Known(TimeSpan duration) => ProfileName is null
        ? duration
        : throw new InvalidOperationException($"The profile '{ProfileName}' has no durations until a cache looks it up in its options.");

    /// <summary>In a configuration a life is the name of its profile.</summary>
    internal sealed class FromProfileName : TypeConverter
    {
        /// <inheritdoc/>
        public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) => sourceType == typeof(string);

        /// <inheritdoc/>
        public override object ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) => Profile((string)value);
    }
}
