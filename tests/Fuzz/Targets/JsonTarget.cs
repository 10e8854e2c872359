using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using OrleansTagCache.Fuzz.Engine;
using OrleansTagCache.Http.Endpoints;
using OrleansTagCache.Http.Limits;
using OrleansTagCache.Http.Messages;

namespace OrleansTagCache.Fuzz.Targets;

/// <summary>
/// A body is read within its bound, however it comes in; it is the value that another reader of JSON sees in it, or a problem which repeats nothing of it.
/// </summary>
internal sealed class JsonTarget : IFuzzTarget
{
    private const int MaximumJsonBytes = 512 * 1024;

    /// <summary>What may be read beyond a bound before it is noticed.</summary>
    private const int ReadAhead = 16 * 1024;

    private static readonly Quota Quota = new(long.MaxValue);

    public string Name => "json";

    public IReadOnlyList<byte[]> Samples { get; } =
    [
        [7, 0, .. "{\"tags\":[\"a\",\"b\"]}"u8], [0, 1, .. "{\"tags\":[\"a\"],\"profile\":\"max\"}"u8], [255, 2, .. "{\"tags\":[\"\\ud83d\\ude00\"],\"expire\":60}"u8],
        [3, 3, .. "{\"Tags\":null,\"expire\":\"1e3\"}"u8], [3, 0, 0xEF, 0xBB, 0xBF, .. "{\"tags\":[]}"u8], [9, 255, .. "{\"tags\":[\"a\"]}"u8], [9, 0, .. "null"u8],
        [9, 0, .. "{\"tags\":[\"a\"],\"remember\":true}"u8], [9, 0, .. "{\"tags\":[\"a\",\"b\"],\"match\":\"all\",\"Remember\":false}"u8], [9, 1, .. "{\"tags\":[\"a\"],\"expire\":60,\"remember\":null}"u8],
        [9, 0, .. "{\"\\u0074ags\":[\"\\u0061\"],\"expire\":1e309}"u8], [0, 254, .. "{}"u8],
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        var reader = new InputReader(input);
        var (step, shape) = (reader.NextByte(), reader.NextByte());
        var body = reader.Rest.ToArray();
        if (shape == 255)
        {
            // White space up to the bound, and past it.
            Array.Resize(ref body, MaximumJsonBytes - 2 + (step % 4));
            body.AsSpan(reader.Rest.Length).Fill((byte)' ');
            step |= 0x80;
        }

        Reads(body, step, shape);
        var update = Read<UpdateBody>(body, step, shape);
        if (update is not null)
        {
            Compare(body, update.Tags, update.Match, profile: null, expire: null, update.Remember, members: 3);
        }

        if (Read<RevalidateBody>(body, step, shape) is { } revalidate)
        {
            Compare(body, revalidate.Tags, match: null, revalidate.Profile, revalidate.Expire, revalidate.Remember, members: 4);
            OracleException.Require(
                revalidate.Expire is not { } expire || !Reference.Accepts(() => LifeQuery.FromSeconds(expire, "expire"), null, out var life) || life >= TimeSpan.Zero,
                "A revalidation has a negative deadline.");
        }
        else
        {
            OracleException.Require(update is not { Match: null } || NamesMatch(body), "The body of an update is none of a revalidation.");
        }
    }

    private static void Reads(byte[] body, byte step, byte shape)
    {
        foreach (var limit in new[] { body.Length - 1, body.Length, shape })
        {
            var source = new Pieced(body, step);
            var read = Done(BodyReader.TryRead(Request(source, body, shape), Math.Max(limit, 0), Quota));
            OracleException.Require(read is null == body.Length > Math.Max(limit, 0), $"{body.Length} bytes within {limit} are {(read is null ? "refused" : "taken")}.");
            OracleException.Require(read is null || read.AsSpan().SequenceEqual(body), "The body that was read is another.");
            OracleException.Require(source.Given <= limit + ReadAhead, $"{source.Given} bytes were read for a bound of {limit}.");
        }
    }

    private static T? Read<T>(byte[] body, byte step, byte shape)
        where T : class
    {
        var source = new Pieced(body, step);
        var (value, problem) = Done(BodyReader.ReadJson<T>(Request(source, body, shape), Quota));
        OracleException.Require(value is null != problem is null, "There is both a value and a problem, or neither.");
        OracleException.Require(source.Given <= MaximumJsonBytes + ReadAhead, $"{source.Given} bytes were read.");
        OracleException.Require(value is null || body.Length <= MaximumJsonBytes, "A body is taken that is too large.");
        if (problem is not null)
        {
            var told = ((ProblemHttpResult)problem).ProblemDetails;
            var expected = body.Length > MaximumJsonBytes ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status400BadRequest;
            OracleException.Require(told.Status == expected, $"The status is {told.Status}.");
            Reference.TellsNothing(told.Detail!, null);
        }

        return value;
    }

    /// <summary>A revalidation has no such member, not even one without a value.</summary>
    private static bool NamesMatch(byte[] body)
    {
        using var document = JsonDocument.Parse(body.AsMemory(body is [0xEF, 0xBB, 0xBF, ..] ? 3 : 0));
        return document.RootElement.EnumerateObject().Any(member => member.Name.Equals("match", StringComparison.OrdinalIgnoreCase));
    }

    private static void Compare(byte[] body, string[]? tags, string? match, string? profile, double? expire, bool? remember, int members)
    {
        var isMarked = body is [0xEF, 0xBB, 0xBF, ..];
        using var document = JsonDocument.Parse(body.AsMemory(isMarked ? 3 : 0));
        string[]? seenTags = null;
        string? seenProfile = null;
        string? seenMatch = null;
        bool? seenRemember = null;
        var seenExpire = false;
        var count = 0;
        foreach (var member in document.RootElement.EnumerateObject())
        {
            count++;
            var isNull = member.Value.ValueKind == JsonValueKind.Null;
            switch (member.Name.ToUpperInvariant())
            {
                case "TAGS":
                    seenTags = isNull ? null : [.. member.Value.EnumerateArray().Select(tag => tag.GetString()!)];
                    break;
                case "PROFILE":
                    seenProfile = member.Value.GetString();
                    break;
                case "MATCH":
                    seenMatch = member.Value.GetString();
                    break;
                case "REMEMBER":
                    seenRemember = isNull ? null : member.Value.GetBoolean();
                    break;
                default:
                    seenExpire = !isNull;
                    break;
            }
        }

        OracleException.Require(count <= members, $"{count} members are taken.");
        OracleException.Require(tags is null == seenTags is null && (tags is null || tags.SequenceEqual(seenTags!)), "The tags are others.");
        OracleException.Require(profile == seenProfile && expire is not null == seenExpire, "The profile or the deadline is another.");
        OracleException.Require(match == seenMatch && remember == seenRemember, "What matches is another, or whether it is remembered.");
    }

    private static HttpRequest Request(Stream body, byte[] bytes, byte shape)
    {
        var request = new DefaultHttpContext().Request;
        request.Body = body;
        request.ContentLength = shape % 2 == 0 ? bytes.Length : null;
        return request;
    }

    private static T Done<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();

    /// <summary>Bytes that come in pieces, and a count of those that were asked for.</summary>
    private sealed class Pieced(byte[] bytes, byte step) : MemoryStream(bytes, writable: false)
    {
        public long Given => Position;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            new(Read(buffer.Span[..Math.Min(buffer.Length, 1 + (step * 64))]));
    }
}
