using OrleansTagCache.Fuzz.Engine;
using OrleansTagCache.Names;

namespace OrleansTagCache.Fuzz.Targets;

/// <summary>The checks of tags agree with each other and with the limits, and what is taken is each tag once, in the order of the first.</summary>
internal sealed class TagSetsTarget : IFuzzTarget
{
    /// <summary>A number in a byte, times this, gets past each limit.</summary>
    private const int ManyTags = 8;

    public string Name => "tagsets";

    public IReadOnlyList<byte[]> Samples { get; } =
    [
        InputReader.Of("\0a", "b", "c"),
        InputReader.Of("\0a", "b", "a", "*"),
        InputReader.Of("\u0010a", "a"),
        InputReader.Of("\u000Fa", "b", "c", "d", "e", "f", "g", "h", "i"),
        InputReader.Of("\u007Fa", "b"),
        [0x80, .. InputReader.Of(new string('t', 256))],
        [0, (byte)'a', InputReader.End, InputReader.Null, InputReader.End],
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        var reader = new InputReader(input);
        var more = reader.NextByte() * ManyTags;
        var tags = new List<string>();
        while (!reader.Rest.IsEmpty)
        {
            tags.Add(reader.TextOrNull()!);
        }

        tags.AddRange(Enumerable.Range(0, more).Select(i => $"tag {i}"));
        var areSound = tags.TrueForAll(tag => Reference.IsSound(tag, NameLimits.TagLength));
        var areForEntry = areSound && !tags.Contains("*");
        var isCall = Takes(() => TagSet.ForCall(tags), tags, areSound && tags.Count is > 0 and <= NameLimits.TagsPerCall, "ForCall");
        var isEntry = Takes(() => TagSet.ForEntry(tags), tags, areForEntry && tags.Count <= NameLimits.TagsPerCall, "ForEntry");
        OracleException.Require(!isEntry || isCall || tags.Count == 0, "Tags may be put on an entry and not be addressed.");
        var fault = TagSet.FaultOfEntry(tags);
        OracleException.Require(fault is null == (areForEntry && tags.Count <= NameLimits.TagsPerEntry), $"FaultOfEntry says {fault ?? "nothing"}.");
        Reference.TellsNothing(fault ?? string.Empty, null);
    }

    private static bool Takes(Func<string[]> check, List<string> tags, bool expected, string what)
    {
        var isTaken = Reference.Accepts(check, null, out var made);
        var taken = made ?? [];
        OracleException.Require(isTaken == expected, $"{what} {(isTaken ? "takes" : "refuses")} {tags.Count} tags.");
        if (isTaken)
        {
            OracleException.Require(taken.SequenceEqual(tags.Distinct(StringComparer.Ordinal)), $"{what} makes other tags of them.");
            OracleException.Require(TagSet.FaultOfEntry(taken) is null || taken.Contains("*"), $"{what} takes what FaultOfEntry refuses.");
        }

        return isTaken;
    }
}
