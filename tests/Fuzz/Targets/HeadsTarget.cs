using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using OrleansTagCache.Fuzz.Engine;
using OrleansTagCache.Http.Messages;

namespace OrleansTagCache.Fuzz.Targets;

/// <summary>The head of a body ends where it is said to; it is the tags and the life that another reader of JSON sees in it, in their limits, or a problem that repeats nothing of it.</summary>
internal sealed class HeadsTarget : IFuzzTarget
{
    private static readonly CacheLifeProfiles Profiles = new([new("mine", CacheLife.For(TimeSpan.FromSeconds(7)))]);

    public string Name => "heads";

    public IReadOnlyList<byte[]> Samples { get; } =
    [
        Input("2", "{}"), Input("12", "{\"tags\":[\"\"]}"), Input("32", "{\"tags\":[\"a\",\"b\"],\"life\":\"MINE\"}value"), Input("42", "{\"stale\":1,\"revalidate\":60,\"expire\":3600.5}value"), Input("14", "{\"life\":\"max\"}"),
        Input("15", "\ufeff{\"tags\":[]}"), Input("25", "{\"tags\":[\"*\"],\"stale\":-1}"), Input("1048576", "{}"), Input("16", "{\"expire\":1e309}"), Input("4", "null"), Input("33", "{\"\\u0074ags\":[\"\\ud83d\\ude00\"],\"a\":1}"),
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        var reader = new InputReader(input);
        var text = reader.Text();
        var body = reader.Rest.ToArray();
        if (LengthOf(text) is not { } length)
        {
            return;
        }

        var (head, problem) = PutHead.Read(body, length);
        OracleException.Require(head is null != problem is null, "There is both a head and a problem, or neither.");
        if (head is null)
        {
            var told = ((ProblemHttpResult)problem!).ProblemDetails;
            OracleException.Require(told.Status == StatusCodes.Status400BadRequest, $"The status is {told.Status}.");
            Reference.TellsNothing(told.Detail!, null);
            OracleException.Require(length > body.Length || !body.AsSpan(0, length).SequenceEqual("{}"u8), "A good head is refused.");
            return;
        }

        OracleException.Require(length <= body.Length, "A head is longer than its body.");
        Compare(body.AsMemory(0, length), head);
        if (!Reference.Accepts(() => head.Check(Profiles), null, out var made))
        {
            return;
        }

        var (tags, life) = made;
        OracleException.Require(tags.SequenceEqual((head.Tags ?? []).Distinct(StringComparer.Ordinal)) && tags.Length <= NameLimits.TagsPerEntry, "The tags are others, or too many.");
        OracleException.Require(tags.All(tag => tag != "*" && Reference.IsSound(tag, NameLimits.TagLength)), "A tag is not sound.");
        OracleException.Require(life.Stale >= TimeSpan.Zero && life.Revalidate >= TimeSpan.Zero && life.Expire >= life.Revalidate, $"{life} is negative, or expires while it is fresh.");
        var seconds = head.Stale ?? head.Revalidate ?? head.Expire;
        OracleException.Require(head.Life is null ? seconds is not null || life == CacheLife.Default : seconds is null && life == Profiles.Named(head.Life, "life"), $"{life} is not what was named.");
    }

    private static byte[] Input(string length, string body) => [.. Encoding.UTF8.GetBytes(length), InputReader.End, .. Encoding.UTF8.GetBytes(body)];

    /// <summary>The length, if the text is one by a rule of our own.</summary>
    private static int? LengthOf(string text)
    {
        var request = new DefaultHttpContext().Request;
        request.Headers[PutHead.Header] = text;
        var isLength = text.Length is > 0 and <= 7 && text.All(char.IsAsciiDigit) && int.Parse(text, CultureInfo.InvariantCulture) is >= 2 and <= 1_048_576;
        var isTaken = Reference.Accepts(() => PutHead.LengthOf(request), text, out var length);
        OracleException.Require(isTaken == isLength && (!isTaken || length == int.Parse(text, CultureInfo.InvariantCulture)), $"{Wtf8.Literal(text)} is {(isTaken ? "taken" : "refused")} as a length.");
        return isTaken ? length : null;
    }

    private static void Compare(ReadOnlyMemory<byte> json, PutHead head)
    {
        using var document = JsonDocument.Parse(json.Span is [0xEF, 0xBB, 0xBF, ..] ? json[3..] : json);
        foreach (var member in document.RootElement.EnumerateObject())
        {
            var isNull = member.Value.ValueKind == JsonValueKind.Null;
            var isIt = member.Name.ToUpperInvariant() switch
            {
                "TAGS" => isNull ? head.Tags is null : head.Tags!.SequenceEqual(member.Value.EnumerateArray().Select(tag => tag.GetString()!)),
                "LIFE" => head.Life == member.Value.GetString(),
                "STALE" => head.Stale is null == isNull,
                "REVALIDATE" => head.Revalidate is null == isNull,
                "EXPIRE" => head.Expire is null == isNull,
                _ => false,
            };
            OracleException.Require(isIt, $"The member {Wtf8.Literal(member.Name)} is another, or is taken though nobody knows it.");
        }
    }
}
