using CsCheck;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Core;

public sealed class NamespaceTests
{
    // Few characters, chosen to forge a length prefix: digits, the colon, and letters.
    private static readonly Gen<string> Namespaces = Gen.OneOf(
        Gen.String[Gen.Char["12:a"], 1, 4],
        Gen.String[Gen.Char["12:a"], 9, 12],
        Gen.String[Gen.Char[' ', '~'], 1, NameLimits.NamespaceLength]);

    private static readonly Gen<string> Names = Gen.OneOf(
        Gen.String[Gen.Char["12:a"], 1, 4],
        Gen.String[Gen.Char["12:a"], 9, 12],
        Gen.String[Gen.Char[' ', '~'], 1, 40]);

    [Fact]
    public void Split_OfAScopedName_GivesBothBack() => Gen.Select(Namespaces, Names).Sample(
        (ns, name) => Assert.Equal((CacheNamespace.Parse(ns), name), CacheNamespace.Split(CacheNamespace.Parse(ns).Scope(name))),
        iter: 5_000);

    [Fact]
    public void Scope_OfDifferentPairs_NeverCollides() => Gen.Select(Namespaces, Names, Namespaces, Names).Sample(
        (ns1, name1, ns2, name2) => Assert.Equal(
            (ns1, name1) == (ns2, name2),
            CacheNamespace.Parse(ns1).Scope(name1) == CacheNamespace.Parse(ns2).Scope(name2)),
        iter: 20_000);

    [Fact]
    public void Scope_OfOneTextCutAnywhere_NeverCollides() => Gen.String[Gen.Char["12:a"], 2, 14].Sample(
        text =>
        {
            // The same units in the same order, with the wall at every place: what a plain separator or no prefix would mix up.
            var cuts = Enumerable.Range(1, text.Length - 1).ToList();
            var scoped = cuts.Select(cut => CacheNamespace.Parse(text[..cut]).Scope(text[cut..])).ToHashSet(StringComparer.Ordinal);
            Assert.Equal(cuts.Count, scoped.Count);
        },
        iter: 2_000);

    [Theory]
    [InlineData("a", ":b", "a:", "b")]
    [InlineData("1", ":ab", "1:a", "b")]
    [InlineData("a", "1:bc", "a1:b", "c")]
    [InlineData("1:", "1:1:", "1:1", ":1:")]
    public void Scope_OfPairsThatLookAlike_Differs(string ns1, string name1, string ns2, string name2) =>
        Assert.NotEqual(CacheNamespace.Parse(ns1).Scope(name1), CacheNamespace.Parse(ns2).Scope(name2));

    [Fact]
    public void Scope_IsTheLengthAColonTheNamespaceAndTheName() =>
        Assert.Equal("4:shop12:3", CacheNamespace.Parse("shop").Scope("12:3"));

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData(":abc")]
    [InlineData("0:abc")]
    [InlineData("-1:abc")]
    [InlineData(" 1:abc")]
    [InlineData("+1:abc")]
    [InlineData("x:abc")]
    [InlineData("3:ab")]
    [InlineData("65:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("99999999999:abc")]
    [InlineData("1\0:abc")]
    public void Split_OfWhatScopeNeverMakes_IsAFormatException(string scoped) =>
        Assert.Throws<FormatException>(() => CacheNamespace.Split(scoped));

    [Fact]
    public void TagId_OfATagAndOfAKeyOfTheSameName_Differ()
    {
        var ns = CacheNamespace.Parse("shop");
        Assert.NotEqual(TagId.OfTag(ns, "a"), TagId.OfKey(ns.Scope("a")));
        Assert.Equal(TagId.OfTag(ns, "a"), TagId.OfTag(CacheNamespace.Parse("shop"), "a"));
        Assert.Equal("a", TagId.OfTag(ns, "a").Name);
    }

    [Fact]
    public void TagId_OfEverything_BelongsToOneNamespace()
    {
        var ns = CacheNamespace.Parse("shop");
        Assert.Equal(TagId.OfTag(ns, "*"), TagId.OfEverything(ns));
        Assert.NotEqual(TagId.OfEverything(ns), TagId.OfEverything(CacheNamespace.Default));
    }
}
