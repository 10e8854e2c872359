using System.Text.RegularExpressions;
using Xunit;

namespace OrleansTagCache.Tests.Architecture;

/// <summary>The code in the README and in the documentation is what the samples and the tests compile.</summary>
public sealed class SnippetTests
{
    [Theory]
    [InlineData("README.md", "samples/Quickstart/Program.cs", "client")]
    [InlineData("README.md", "samples/Quickstart/Program.cs", "update")]
    [InlineData("README.md", "samples/SiloHosted/Program.cs", "silo")]
    [InlineData("docs/concepts/factories.md", "samples/Quickstart/Program.cs", "client")]
    [InlineData("docs/concepts/factories.md", "samples/Quickstart/Program.cs", "revalidate")]
    [InlineData("docs/how-to/entries.md", "tests/Cluster/EntryRecipesTests.cs", "unstored")]
    [InlineData("docs/how-to/entries.md", "tests/Cluster/EntryRecipesTests.cs", "life")]
    [InlineData("docs/how-to/entries.md", "tests/Cluster/EntryRecipesTests.cs", "sliding")]
    [InlineData("docs/how-to/entries.md", "tests/Cluster/EntryRecipesTests.cs", "not-modified")]
    [InlineData("docs/how-to/entries.md", "tests/Cluster/EntryRecipesTests.cs", "eager")]
    [InlineData("docs/how-to/entries.md", "tests/Cluster/EntryRecipesTests.cs", "prefix")]
    [InlineData("docs/how-to/entries.md", "tests/Cluster/EntryRecipesTests.cs", "prefixes-of")]
    [InlineData("docs/how-to/entries.md", "tests/Cluster/EntryRecipesTests.cs", "remove-prefix")]
    [InlineData("docs/how-to/purge.md", "tests/Http/PurgeRecipeTests.cs", "purge")]
    public void Snippet_IsWhatIsCompiled(string document, string source, string name)
    {
        var readme = File.ReadAllText(Path.Combine(Repository.Root, document));
        var program = File.ReadAllText(Path.Combine(Repository.Root, source));
        var compiled = Regex.Match(program, $@"^ *// <readme: {name}>\n(?<code>.*?)^ *// </readme>", RegexOptions.Singleline | RegexOptions.Multiline).Groups["code"].Value;
        var shown = Regex.Match(readme, $@"<!-- {Regex.Escape(source)}: {name} -->\n```csharp\n(?<code>.*?)```", RegexOptions.Singleline).Groups["code"].Value;

        Assert.NotEmpty(shown);
        Assert.Equal(Outdented(compiled), shown.TrimEnd());
    }

    private static string Outdented(string code)
    {
        var lines = code.TrimEnd().Split('\n');
        var indent = lines.Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart(' ').Length);
        return string.Join('\n', lines.Select(line => line.Length > indent ? line[indent..] : line));
    }
}
