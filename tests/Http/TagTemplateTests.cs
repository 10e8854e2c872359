using System.Text.Json;
using OrleansTagCache.Http.Hooks;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>Tags with parts from a body.</summary>
public sealed class TagTemplateTests
{
    [Theory]
    [InlineData("plain", "{}", "plain")]
    [InlineData("a{/x}b", """{"x":1}""", "a1b")]
    [InlineData("{/x}{/y}", """{"x":[1,2],"y":["a","b"]}""", "1a 1b 2a 2b")]
    [InlineData("{/x/1}", """{"x":["a","b"]}""", "b")]
    [InlineData("{/a~1b/c~0d}", """{"a/b":{"c~d":"e"}}""", "e")]
    [InlineData("{/x/*/y/*/z}", """{"x":[{"y":[{"z":1},{"z":2}]},{"y":[{"z":3}]}]}""", "1 2 3")]
    [InlineData("{/}", """{"":"empty"}""", "empty")]
    [InlineData("{/*}", """{"*":"star"}""", "star")]
    public void Fill_TakesItsPartsFromTheBody(string template, string body, string tags)
    {
        using var json = JsonDocument.Parse(body);
        Assert.Equal(tags, string.Join(' ', TagTemplate.Parse(template).Fill(json.RootElement)));
    }

    [Theory]
    [InlineData("{/x/01}", """{"x":["a","b"]}""")]
    [InlineData("{/x/-}", """{"x":["a","b"]}""")]
    [InlineData("{/x/2}", """{"x":["a","b"]}""")]
    [InlineData("{/x/99999999999}", """{"x":["a","b"]}""")]
    [InlineData("{/x/*/y}", """{"x":{"y":1}}""")]
    public void Fill_OfAPointerThatNamesNothing_Fails(string template, string body)
    {
        using var json = JsonDocument.Parse(body);
        Assert.Throws<ArgumentException>(() => TagTemplate.Parse(template).Fill(json.RootElement).ToList());
    }

    [Theory]
    [InlineData("{/a~2b}")]
    [InlineData("{/a~}")]
    [InlineData("{")]
    [InlineData("a{/x")]
    [InlineData("{x}")]
    [InlineData("{}")]
    [InlineData("")]
    [InlineData("a\u0000")]
    public void Fault_OfWhatIsNoTemplate_SaysWhy(string template) => Assert.NotNull(TagTemplate.Fault(template));
}
