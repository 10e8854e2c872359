using OrleansTagCache.Contracts;

namespace OrleansTagCache.Http.Endpoints;

/// <summary>What <c>/v1/entry/info</c> answers. Durations are seconds; null is forever.</summary>
internal sealed record EntryInfo(
    string Key, string[] Tags, LifeInfo Life, double Age, string State, int Size, string? ContentType, bool Compressed, bool Encrypted, string Silo)
{
    public static EntryInfo Of(string key, EntryDescription entry) => new(
        key,
        entry.Snapshot.Tags,
        LifeInfo.Of(entry.Snapshot.Life),
        Math.Round(entry.Snapshot.Age.TotalSeconds, 3),
        entry.IsStale ? "stale" : "fresh",
        entry.Bytes,
        entry.Snapshot.Payload.ContentType,
        entry.Snapshot.Payload.Coding.HasFlag(PayloadCoding.Brotli),
        entry.Snapshot.Payload.Coding.HasFlag(PayloadCoding.Protected),
        entry.Silo);
}

/// <summary>A life in seconds; null is forever.</summary>
internal sealed record LifeInfo(double? Stale, double? Revalidate, double? Expire)
{
    public static LifeInfo Of(CacheLife life) => new(Seconds(life.Stale), Seconds(life.Revalidate), Seconds(life.Expire));

    private static double? Seconds(TimeSpan duration) => duration == CacheLife.Forever ? null : duration.TotalSeconds;
}
