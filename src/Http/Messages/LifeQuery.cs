using System.Globalization;

namespace OrleansTagCache.Http.Messages;

/// <summary>A life as a query names it: a profile, or seconds.</summary>
internal static class LifeQuery
{
    private static readonly string[] Fields = ["stale", "revalidate", "expire"];

    /// <summary>The parameters that a life is named by.</summary>
    public static string[] Names { get; } = ["life", .. Fields];

    /// <exception cref="ArgumentException">It is inconsistent, negative, not a number, or an unknown profile.</exception>
    public static CacheLife Parse(HttpRequest query, CacheLifeProfiles profiles)
    {
        var seconds = Array.FindAll(Fields, field => Query.One(query, field) is not null);
        if (Query.One(query, "life") is { } profile)
        {
            return seconds.Length == 0
                ? profiles.Named(profile, "life")
                : throw new ArgumentException($"Give a life either by 'life' or in seconds; this call does both ('life' and '{seconds[0]}').");
        }

        return Of(Seconds(query, "stale"), Seconds(query, "revalidate"), Seconds(query, "expire"));
    }

    /// <summary>A life by what was named of it; the default if nothing was.</summary>
    /// <exception cref="ArgumentException">It is inconsistent.</exception>
    public static CacheLife Of(TimeSpan? stale, TimeSpan? revalidate, TimeSpan? expire) => (stale ?? revalidate ?? expire) is null
        ? CacheLife.Default
        : new(stale ?? CacheLife.Default.Stale, revalidate ?? expire ?? CacheLife.Default.Revalidate, expire ?? CacheLife.Forever);

    /// <summary>A duration in seconds; null seconds are forever.</summary>
    /// <exception cref="ArgumentException">Negative, or longer than a duration can be.</exception>
    public static TimeSpan FromSeconds(double seconds, string name) => seconds switch
    {
        < 0 or double.NaN => throw new ArgumentException($"'{name}' must be 0 seconds or more; it is {seconds.ToString(CultureInfo.InvariantCulture)}."),
        > 1e11 => CacheLife.Forever,
        _ => TimeSpan.FromSeconds(seconds),
    };

    private static TimeSpan? Seconds(HttpRequest query, string name)
    {
        if (Query.One(query, name) is not { } text)
        {
            return null;
        }

        return Query.TryNumber(text, out var seconds)
            ? FromSeconds(seconds, name)
            : throw new ArgumentException($"'{name}' must be a number of seconds.");
    }
}
