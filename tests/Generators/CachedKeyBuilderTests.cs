using System.Globalization;
using System.Text.RegularExpressions;
using CsCheck;
using OrleansTagCache.Cached;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Generators;

/// <summary>Keys are sound, stable, and one for each list of arguments.</summary>
public sealed class CachedKeyBuilderTests
{
    /// <summary>Text of what the format itself is made of, and of what names must not have.</summary>
    private static readonly Gen<string?> Texts = Gen.OneOf(
        Gen.Const((string?)null),
        One<string?>("", "null", "[]", "\",\"", "\\u0022", "\ud83d\ude00", "\ud83d", "\ude00", "#"),
        Gen.OneOf(One('"', '\\', ',', '[', ']', ':', '#', 'u', '0', 'n', '\u0000', '\u0085', '\ud800', '\udc00'), Gen.Char).Array[0, 6].Select(units => (string?)new string(units)));

    private static readonly Gen<string?[]?[]> Arguments = Gen.OneOf(Gen.Const((string?[]?)null), Texts.Array[0, 3].Select(list => (string?[]?)list)).Array[1, 3];

    /// <summary>What can be read back from a key was not written into it for anything else.</summary>
    [Fact]
    public void Arguments_CanBeReadBackFromTheirKey() => Arguments.Sample(arguments =>
    {
        var key = Key(arguments);

        Assert.Null(NameRules.Fault("key", key, NameLimits.KeyLength));
        Assert.Equal(arguments, Read(key["name:".Length..]));
    });

    [Theory]
    [InlineData("a", "name:\"a\"")]
    [InlineData("", "name:\"\"")]
    [InlineData(null, "name:null")]
    [InlineData("a\"b\\c\n", "name:\"a\\u0022b\\u005Cc\\u000A\"")]
    public void Text_IsInQuotes(string? text, string key)
    {
        var builder = new CachedKeyBuilder("name");
        builder.Add(text);

        Assert.Equal(key, builder.ToKey());
    }

    /// <summary>Apart from the others: a runner cannot name a test by it.</summary>
    [Fact]
    public void LoneSurrogate_IsEscaped_AndAPairIsNot()
    {
        var builder = new CachedKeyBuilder("name");
        builder.Add("\ud83d\ude00\ud800");

        Assert.Equal("name:\"\ud83d\ude00\\uD800\"", builder.ToKey());
    }

    [Fact]
    public void Values_AreFormattedWithoutLossInTheInvariantCulture()
    {
        var builder = new CachedKeyBuilder("name");
        builder.Add(-1.5);
        builder.Add(1.10m);
        builder.Add('"');
        builder.Add(true);
        builder.Add(new DateTime(2026, 12, 24, 14, 13, 20, DateTimeKind.Utc).AddTicks(1), "O");
        builder.Add(new TimeSpan(1, 2, 3, 4, 5));
        builder.Add(Guid.Empty);
        builder.Add(typeof(List<int?>));
        builder.Begin();
        builder.End();
        builder.AddNull();

        Assert.Equal(
            "name:-1.5,1.10,\"\\u0022\",true,2026-12-24T14:13:20.0000001Z,1.02:03:04.0050000,00000000-0000-0000-0000-000000000000,"
            + "\"System.Collections.Generic.List`1[System.Nullable`1[System.Int32]]\",[],null",
            builder.ToKey());
    }

    [Fact]
    public void Key_WithoutArguments_IsTheName() => Assert.Equal("name", new CachedKeyBuilder("name").ToKey());

    /// <summary>The digest is of the whole key, and is written down: entries outlive the process.</summary>
    [Fact]
    public void LongKey_IsItsNameAndADigest()
    {
        var longest = new string('a', NameLimits.KeyLength - "name:\"\"".Length);

        Assert.Equal($"name:\"{longest}\"", Key(longest));
        Assert.Equal("name:#CTlcTsJjhUCfg4u7UcXHNEHwTOWVfTAQgA7721dFrZk", Key($"{longest}a"));
        Assert.NotEqual(Key($"{longest}a"), Key($"{longest}b"));

        static string Key(string text)
        {
            var builder = new CachedKeyBuilder("name");
            builder.Add(text);
            return builder.ToKey();
        }
    }

    [Fact]
    public void LongName_IsCutBesideTheDigest()
    {
        var name = new string('a', 511) + "\ud83d\ude00" + new string('b', 600);
        var key = new CachedKeyBuilder(name).ToKey();

        Assert.StartsWith(new string('a', 511) + ":#", key, StringComparison.Ordinal);
        Assert.Null(NameRules.Fault("key", key, NameLimits.KeyLength));
    }

    private static Gen<T> One<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static string Key(string?[]?[] arguments)
    {
        var builder = new CachedKeyBuilder("name");
        foreach (var list in arguments)
        {
            if (list is null)
            {
                builder.AddNull();
                continue;
            }

            builder.Begin();
            foreach (var text in list)
            {
                builder.Add(text);
            }

            builder.End();
        }

        return builder.ToKey();
    }

    /// <summary>Lists of texts, as they stand behind the name.</summary>
    private static List<string?[]?> Read(string text)
    {
        var (lists, at) = (new List<string?[]?>(), 0);
        do
        {
            if (Takes("null"))
            {
                lists.Add(null);
                continue;
            }

            Assert.True(Takes("["), text);
            var list = new List<string?>();
            while (!Takes("]"))
            {
                Assert.True(list.Count == 0 || Takes(","), text);
                list.Add(Takes("null") ? null : Quoted());
            }

            lists.Add([.. list]);
        }
        while (Takes(","));
        Assert.Equal(text.Length, at);
        return lists;

        bool Takes(string token)
        {
            var isNext = text.AsSpan(at).StartsWith(token, StringComparison.Ordinal);
            at += isNext ? token.Length : 0;
            return isNext;
        }

        string Quoted()
        {
            Assert.True(Takes("\""), text);
            var end = text.IndexOf('"', at);
            var quoted = Regex.Replace(text[at..end], @"\\u([0-9A-F]{4})", match => ((char)int.Parse(match.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString());
            at = end + 1;
            return quoted;
        }
    }
}
