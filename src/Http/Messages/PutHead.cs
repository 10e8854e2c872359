using System.Globalization;
using OrleansTagCache.Names;

namespace OrleansTagCache.Http.Messages;

/// <summary>What the head of a body says of the value behind it. A life is a profile, or seconds; without any it is the default.</summary>
internal sealed record PutHead(string[]? Tags, string? Life, double? Stale, double? Revalidate, double? Expire)
{
    /// <summary>Says how many bytes of the body are its head.</summary>
    public const string Header = "Tag-Cache-Head";

    /// <summary>Enough for the longest tags there are, as many as an entry may have, without escapes.</summary>
    private const int MostBytes = 1024 * 1024;

    /// <summary>How many bytes of the body are its head; 0 if it has none.</summary>
    /// <exception cref="ArgumentException">It is no such number, or the query names tags or a life too.</exception>
    public static int LengthOf(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(Header, out var values))
        {
            return 0;
        }

        // The parser passes over zero characters (U+0000) at the end.
        if (values.Count != 1 || values[0] is not { Length: > 0 and <= 7 } text || !text.All(char.IsAsciiDigit) || int.Parse(text, CultureInfo.InvariantCulture) is var length && length is < 2 or > MostBytes)
        {
            throw new ArgumentException($"'{Header}' must be one whole number of bytes from 2 to {MostBytes}.");
        }

        return Array.Find(["tag", .. LifeQuery.Names], request.Query.ContainsKey) is { } other
            ? throw new ArgumentException($"Tags and life are named either in the head or in the query; this call has a head, and '{other}' in its query.")
            : length;
    }

    /// <summary>The head, or what is wrong with it.</summary>
    public static (PutHead? Head, IResult? Problem) Read(ReadOnlySpan<byte> body, int length)
    {
        if (body.Length < length)
        {
            return (null, Problems.InvalidArgument($"'{Header}' says that the head has {length} bytes; the body has only {body.Length}."));
        }

        var (head, why) = BodyReader.Parse<PutHead>(body[..length]);
        return (head, why is null ? null : Problems.MalformedJson($"The head of the body {why}"));
    }

    /// <summary>The tags and the life.</summary>
    /// <exception cref="ArgumentException">One of them breaks a rule.</exception>
    public (string[] Tags, CacheLife Life) Check(CacheLifeProfiles profiles) => (TagSet.ForEntry(Tags, NameLimits.TagsPerEntry, "tags"), LifeOf(profiles));

    private CacheLife LifeOf(CacheLifeProfiles profiles) =>
        Life is null ? LifeQuery.Of(Seconds(Stale, "stale"), Seconds(Revalidate, "revalidate"), Seconds(Expire, "expire"))
        : (Stale ?? Revalidate ?? Expire) is null ? profiles.Named(Life, "life")
        : throw new ArgumentException("Give a life either by 'life' or in seconds; the head does both.");

    private static TimeSpan? Seconds(double? seconds, string name) => seconds is { } given ? LifeQuery.FromSeconds(given, name) : null;
}
