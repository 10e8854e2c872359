using System.Text.RegularExpressions;
using Xunit;

namespace OrleansTagCache.Tests.Architecture;

/// <summary>What the pages say of the code, and how.</summary>
public sealed class PageTests
{
    /// <summary>Durations that nothing waits for: lives, limits and units.</summary>
    private static readonly string[] NotWaits = ["CacheEntryOptions", "CacheLife", "RequestLimits", "HybridCall"];

    [Fact]
    public void TimeoutsPage_NamesEveryTypeWithAWait()
    {
        var page = Page("reference", "timeouts.md");
        var owners = SourceFiles()
            .Where(file => Regex.IsMatch(File.ReadAllText(file), @"static readonly TimeSpan \w+ = "))
            .Select(Path.GetFileNameWithoutExtension)
            .Except(NotWaits)
            .ToArray();

        Assert.Contains("UpdateClient", owners);
        Assert.DoesNotContain(owners, owner => !page.Contains($"`{owner}`", StringComparison.Ordinal));
    }

    [Fact]
    public void ConcurrencyPage_NamesTypesAndMembersThatExist()
    {
        var sources = SourceFiles().GroupBy(Path.GetFileNameWithoutExtension).ToDictionary(group => group.Key!, group => string.Concat(group.Select(File.ReadAllText)));
        var all = string.Concat(sources.Values);
        var rows = Regex.Matches(Page("internals", "concurrency.md"), @"^\| (?:`(?<type>\w+)`[^|]*)?\| (?<members>[^|]*)\|(?:[^|]*\|){3}$", RegexOptions.Multiline);
        var missing = new List<string>();
        var type = string.Empty;
        foreach (Match row in rows)
        {
            type = row.Groups["type"] is { Success: true, Value: var name } ? name : type;
            if (!Regex.IsMatch(all, $@"\b(class|struct|record|interface) {type}\b"))
            {
                missing.Add(type);
                continue;
            }

            var text = sources.GetValueOrDefault(type, all);
            missing.AddRange(Regex.Matches(row.Groups["members"].Value, @"`(\w+)`").Select(match => match.Groups[1].Value)
                .Where(member => !Regex.IsMatch(text, $@"\b{member}\b")).Select(member => $"{type}.{member}"));
        }

        Assert.True(rows.Count > 50, "The tables were not read.");
        Assert.Empty(missing);
    }

    [Fact]
    public void WalkthroughPage_NamesTypesWhereTheyAre()
    {
        var page = Page("internals", "walkthrough.md");
        var named = Regex.Matches(page, @"^\| \d+ \| `(?<folder>[\w/]+)` \| (?<types>[^|]+)\|", RegexOptions.Multiline)
            .SelectMany(row => Regex.Matches(row.Groups["types"].Value, @"`(\w+)`").Select(type => $"{row.Groups["folder"].Value}/{type.Groups[1].Value}"))
            .Concat(Regex.Matches(page, @"`(\w+/\w+/\w+)`").Select(path => path.Groups[1].Value).Where(path => path.StartsWith("Core/", StringComparison.Ordinal)))
            .ToArray();

        Assert.True(named.Length > 40, "The tables were not read.");
        Assert.DoesNotContain(named, type => !File.Exists(Path.Combine(Repository.Root, "src", $"{type}.cs")));
    }

    [Theory]
    [InlineData("whoever")]
    [InlineData("nobody")]
    [InlineData("meanwhile")]
    [InlineData("in need")]
    [InlineData("dawdles?")]
    [InlineData("lies")]
    [InlineData("is none")]
    [InlineData("in the place of")]
    [InlineData("translation of addresses")]
    public void Pages_DoNotUse(string word) =>
        Assert.DoesNotContain(
            Pages(),
            page => Regex.IsMatch(File.ReadAllText(page), $@"\b{word}\b", RegexOptions.IgnoreCase));

    /// <summary>A merge that was not finished; the compiler finds it in code.</summary>
    [Fact]
    public void Files_HaveNoMarksOfAConflict() => Assert.DoesNotContain(
        Pages().Concat(Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.yml", SearchOption.AllDirectories)),
        page => Regex.IsMatch(File.ReadAllText(page), "^(<{7}|>{7}) ", RegexOptions.Multiline));

    /// <summary>The README, the documentation, and the pages of samples and packages.</summary>
    private static IEnumerable<string> Pages() =>
        Directory.GetFiles(Repository.Root, "*.md")
            .Concat(Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories))
            .Concat(Directory.GetDirectories(Path.Combine(Repository.Root, "samples")).Concat(Directory.GetDirectories(Path.Combine(Repository.Root, "src")))
                .SelectMany(folder => Directory.GetFiles(folder, "README.md")));

    private static IEnumerable<string> SourceFiles() =>
        Directory.GetDirectories(Path.Combine(Repository.Root, "src")).SelectMany(Directory.GetDirectories)
            .Where(folder => Path.GetFileName(folder) is not ("bin" or "obj"))
            .SelectMany(folder => Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories))
            .Concat(Directory.GetDirectories(Path.Combine(Repository.Root, "src")).SelectMany(project => Directory.GetFiles(project, "*.cs")));

    private static string Page(string part, string name) => File.ReadAllText(Path.Combine(Repository.Root, "docs", part, name));
}
