using OrleansTagCache.Fuzz.Engine;
using OrleansTagCache.Http.Messages;

namespace OrleansTagCache.Fuzz.Targets;

/// <summary>A life is the one that a query names, its durations in order, or it is refused.</summary>
internal sealed class LifeTarget : IFuzzTarget
{
    private static readonly CacheLifeProfiles Profiles = new([new("mine", CacheLife.For(TimeSpan.FromSeconds(7)))]);

    public string Name => "life";

    public IReadOnlyList<byte[]> Samples { get; } =
    [
        [.. "life=hours"u8], [.. "life=MINE"u8], [.. "stale=1&revalidate=2&expire=3"u8], [.. "expire=60"u8], [.. "revalidate=60"u8], [.. "stale=0"u8],
        [.. "revalidate=1e11&expire=1e12"u8], [.. "revalidate=Infinity"u8], [.. "life=max&expire=1"u8],
        [.. "expire=0.0000001"u8], [.. "expire=-0"u8], [.. "expire=1e-324"u8],
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        var query = new QueryText(input);
        var isTaken = Reference.Accepts(() => LifeQuery.Parse(query.ToRequest(), Profiles), query.Text, out var life);
        if (!isTaken)
        {
            OracleException.Require(!query.IsSound || query.Text != "?life=hours", "A good life is refused.");
            return;
        }

        OracleException.Require(query.IsSound, "A query that is not sound is taken.");
        OracleException.Require(life!.ProfileName is null && life.Stale >= TimeSpan.Zero && life.Revalidate >= TimeSpan.Zero, $"{life} is negative or unknown.");
        OracleException.Require(life.Expire >= life.Revalidate, $"{life} expires while it is fresh.");
        var (stale, revalidate, expire, profile) = (One(query, "stale"), One(query, "revalidate"), One(query, "expire"), One(query, "life"));
        if (profile is not null)
        {
            OracleException.Require((stale ?? revalidate ?? expire) is null && Profiles.Named(profile, "life") == life, $"{life} is not the profile.");
            return;
        }

        Is(life.Stale, stale, CacheLife.Default.Stale);
        Is(life.Expire, expire, CacheLife.Forever);
        Is(life.Revalidate, revalidate ?? expire, CacheLife.Default.Revalidate);
    }

    private static string? One(QueryText query, string name) => query.Values(name) switch
    {
        [] => null,
        [var value] => value,
        _ => throw new OracleException($"'{name}' is named twice and taken."),
    };

    private static void Is(TimeSpan duration, string? text, TimeSpan otherwise)
    {
        if (text is null)
        {
            OracleException.Require(duration == otherwise, $"{duration} is not the default.");
            return;
        }

        var seconds = QueryTarget.NumberOf(text) ?? throw new OracleException($"{Wtf8.Literal(text)} is taken as {duration}.");
        var isForever = seconds > 1e11;
        OracleException.Require(
            seconds >= 0 && (isForever ? duration == CacheLife.Forever : Math.Abs(duration.TotalSeconds - seconds) <= 1e-6 + (seconds * 1e-12)),
            $"{Wtf8.Literal(text)} is taken as {duration}.");
    }
}
