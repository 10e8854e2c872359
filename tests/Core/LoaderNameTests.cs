using CsCheck;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Core;

public sealed class LoaderNameTests
{
    [Fact]
    public void Split_OfAnyKey_GivesBackWhatItWasMadeOf() => Gen.Select(Gen.String[Gen.Char['a', 'z'], 1, 64], Gen.String[Gen.Char[' ', '~'], 0, 100]).Sample(
        (name, argument) => Assert.Equal((LoaderName.Parse(name), argument), LoaderName.Split(LoaderName.Parse(name).KeyOf(argument))));

    [Theory]
    [InlineData("", "at least 1")]
    [InlineData("a:b", "colon")]
    [InlineData("a\n", "control characters")]
    public void Parse_OfABadName_SaysWhy(string name, string why) =>
        Assert.Contains(why, Assert.Throws<ArgumentException>(() => LoaderName.Parse(name)).Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_OfALongName_NamesTheLimit() =>
        Assert.Contains("at most 64", Assert.Throws<ArgumentException>(() => LoaderName.Parse(new string('a', 65))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("key")]
    [InlineData(":argument")]
    public void Split_OfAnotherKey_IsAFault(string key) => Assert.Throws<FormatException>(() => LoaderName.Split(key));
}
