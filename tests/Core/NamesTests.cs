using OrleansTagCache.Names;
using Xunit;
using static System.StringComparison;

namespace OrleansTagCache.Tests.Core;

public sealed class NamesTests
{
    private const string HighSurrogate = "\ud83d";
    private const string LowSurrogate = "\ude00";
    private const string Pair = HighSurrogate + LowSurrogate;

    private static readonly Func<string?, string>[] Parsers =
    [
        text => CacheKey.Parse(text).Value,
        text => TagName.Parse(text).Value,
        text => TagName.ParseForEntry(text).Value,
        text => CacheNamespace.Parse(text).Value,
    ];

    [Fact]
    public void Parse_OneUnit_IsAccepted() => Assert.All(Parsers, parse => Assert.Equal("q", parse("q")));

    [Fact]
    public void Parse_Empty_IsRefused() => Assert.All(Parsers, parse =>
        Assert.Contains("at least 1 UTF-16 unit", Message(() => parse(string.Empty)), Ordinal));

    [Fact]
    public void Parse_Null_IsRefused() => Assert.All(Parsers, parse => Assert.Throws<ArgumentNullException>(() => parse(null)));

    [Theory]
    [InlineData(0, 1_024)]
    [InlineData(1, 256)]
    [InlineData(2, 256)]
    [InlineData(3, 64)]
    public void Parse_AtTheLimit_IsAcceptedAndOneMoreIsRefused(int parser, int limit)
    {
        var longest = new string('q', limit);
        Assert.Equal(longest, Parsers[parser](longest));

        var error = Assert.Throws<ArgumentException>(() => Parsers[parser](longest + "q"));
        Assert.Contains($"at most {limit} UTF-16 units; this one has {limit + 1}.", error.Message, Ordinal);
        Assert.DoesNotContain("qq", error.Message, Ordinal);
    }

    [Fact]
    public void Limits_AreTheDocumentedOnes() => Assert.Equal(
        (256, 1_024, 64, 128, 1_024),
        (NameLimits.TagLength, NameLimits.KeyLength, NameLimits.NamespaceLength, NameLimits.TagsPerCall, NameLimits.TagsPerEntry));

    [Fact]
    public void Parse_KeyWithAnotherLimit_UsesThatLimit()
    {
        Assert.Equal("12345", CacheKey.Parse("12345", 5).Value);
        Assert.Contains("at most 5 UTF-16 units; this one has 6.", Message(() => CacheKey.Parse("123456", 5)), Ordinal);
    }

    [Fact]
    public void Parse_CountsUnitsNotCharacters()
    {
        var longest = string.Concat(Enumerable.Repeat(Pair, 128));
        Assert.Equal(longest, TagName.Parse(longest).Value);
        Assert.Throws<ArgumentException>(() => TagName.Parse(longest + "q"));
    }

    [Fact]
    public void Parse_EveryControlCharacterAnywhere_IsRefused()
    {
        for (var c = '\0'; c <= '\u00ff'; c++)
        {
            foreach (var text in new[] { $"{c}secret", $"sec{c}ret", $"secret{c}" })
            {
                foreach (var parse in Parsers)
                {
                    if (c is <= '\u001f' or (>= '\u007f' and <= '\u009f'))
                    {
                        var unit = text.IndexOf(c, Ordinal);
                        var message = Message(() => parse(text));
                        Assert.Contains($"control characters; this one has U+{(int)c:X4} at unit {unit}.", message, Ordinal);
                        Assert.DoesNotContain("sec", message, Ordinal);
                    }
                    else
                    {
                        Assert.Equal(text, parse(text));
                    }
                }
            }
        }
    }

    [Fact]
    public void Parse_LoneSurrogate_IsRefused()
    {
        // An attribute cannot hold such text, so this is no theory.
        (string Text, int Unit)[] cases =
        [
            (HighSurrogate, 0),
            (LowSurrogate, 0),
            (HighSurrogate + "secret", 0),
            ("secret" + HighSurrogate, 6),
            ("secret" + LowSurrogate, 6),
            (LowSurrogate + HighSurrogate, 0),
            (HighSurrogate + HighSurrogate + LowSurrogate, 0),
            (Pair + LowSurrogate, 2),
        ];
        foreach (var (text, unit) in cases)
        {
            foreach (var parse in Parsers)
            {
                var message = Assert.Throws<ArgumentException>(() => parse(text)).Message;
                Assert.Contains($"lone surrogates; this one has U+{(int)text[unit]:X4} at unit {unit}.", message, Ordinal);
                Assert.DoesNotContain("secret", message, Ordinal);
            }
        }
    }

    [Theory]
    [InlineData(Pair)]
    [InlineData("a" + Pair + Pair + "b")]
    [InlineData(" ")]
    [InlineData("\u00e9:/?#[]@!$&'()*+,;=")]
    public void Parse_SoundText_IsKeptAsItIs(string text) => Assert.All(Parsers, parse => Assert.Equal(text, parse(text)));

    [Fact]
    public void Names_AreComparedByOrdinal()
    {
        Assert.NotEqual(TagName.Parse("a"), TagName.Parse("A"));
        Assert.NotEqual(TagName.Parse("\u00e9"), TagName.Parse("e\u0301"));
        Assert.Equal(CacheKey.Parse("a"), CacheKey.Parse("a"));
    }

    [Fact]
    public void Parse_Everything_AddressesButIsNotPutOnAnEntry()
    {
        Assert.Equal(TagName.Everything, TagName.Parse("*"));
        Assert.Throws<ArgumentException>(() => TagName.ParseForEntry("*"));
        Assert.Throws<ArgumentException>(() => TagSet.ForEntry(["a", "*"]));
        Assert.NotNull(TagSet.FaultOfEntry(["a", "*"]));
        Assert.Equal(["*"], TagSet.ForCall(["*"]));
        Assert.Equal("**", TagName.ParseForEntry("**").Value);
    }

    [Fact]
    public void ForCall_128Tags_AreAcceptedAnd129Refused()
    {
        Assert.Equal(Tags(128), TagSet.ForCall(Tags(128)));
        Assert.Equal(Tags(128), TagSet.ForEntry(Tags(128)));
        Assert.All(new Func<IReadOnlyCollection<string>, string, string[]>[] { TagSet.ForCall, TagSet.ForEntry }, make =>
        {
            var message = Assert.Throws<ArgumentException>(() => make(Tags(129), "tags")).Message;
            Assert.Contains("at most 128 tags; this one names 129.", message, Ordinal);
            Assert.DoesNotContain("t128", message, Ordinal);
        });
    }

    [Fact]
    public void ForCall_None_IsRefusedAndForEntryIsFine()
    {
        Assert.Throws<ArgumentException>(() => TagSet.ForCall([]));
        Assert.Throws<ArgumentNullException>(() => TagSet.ForCall(null!));
        Assert.Empty(TagSet.ForEntry([]));
        Assert.Empty(TagSet.ForEntry(null));
    }

    [Fact]
    public void ForCall_Repeats_KeepTheFirstOrder()
    {
        Assert.Equal(["b", "a", "B"], TagSet.ForCall(["b", "a", "b", "B", "a"]));
        Assert.Equal(["b", "a", "B"], TagSet.ForEntry(["b", "a", "b", "B", "a"]));
    }

    [Fact]
    public void ForCall_OneUnsoundTag_RefusesTheCallAndNamesTheParameter()
    {
        Assert.Equal("labels", Assert.Throws<ArgumentException>(() => TagSet.ForCall(["a", "b\n"], "labels")).ParamName);
        Assert.Equal("labels", Assert.Throws<ArgumentException>(() => TagSet.ForEntry(["a", ""], "labels")).ParamName);
    }

    [Fact]
    public void FaultOfEntry_1024Tags_AreFineAnd1025AreNot()
    {
        Assert.Null(TagSet.FaultOfEntry(Tags(1_024)));
        Assert.Equal("An entry may have at most 1024 tags; this one has 1025.", TagSet.FaultOfEntry(Tags(1_025)));
        Assert.Contains("257", TagSet.FaultOfEntry(["a", new('q', 257)]), Ordinal);
    }

    private static string Message(Func<object> refused) => Assert.Throws<ArgumentException>(refused).Message;

    private static string[] Tags(int count) => [.. Enumerable.Range(0, count).Select(i => $"t{i}")];
}
