using System.Text.RegularExpressions;
using Xunit;

namespace OrleansTagCache.Tests.Architecture;

/// <summary>The code in the README and in the documentation is what the samples compile.</summary>
public sealed class SnippetTests
{
    [Theory]
    [InlineData("README.md", "Quickstart", "client")]
    [InlineData("README.md", "Quickstart", "update")]
    [InlineData("README.md", "SiloHosted", "silo")]
    [InlineData("docs/concepts/factories.md", "Quickstart", "client")]
    [InlineData("docs/concepts/factories.md", "Quickstart", "revalidate")]
    public void Snippet_IsWhatTheSampleCompiles(string document, string sample, string name)
    {
        var readme = File.ReadAllText(Path.Combine(Repository.Root, document));
        var program = File.ReadAllText(Path.Combine(Repository.Root, "samples", sample, "Program.cs"));
        var compiled = Regex.Match(program, $@"^ *// <readme: {name}>\n(?<code>.*?)^ *// </readme>", RegexOptions.Singleline | RegexOptions.Multiline).Groups["code"].Value;
        var shown = Regex.Match(readme, $@"<!-- samples/{sample}/Program\.cs: {name} -->\n```csharp\n(?<code>.*?)```", RegexOptions.Singleline).Groups["code"].Value;

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
