using Xunit;

namespace OrleansTagCache.Tests.Architecture;

/// <summary>A patch of tests/Mutants that does not apply proves nothing, and a run of all of them takes too long to say so each time.</summary>
public sealed class MutantTests
{
    public static TheoryData<string> Patches => [.. Directory.GetFiles(Folder, "*.patch").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    private static string Folder => Path.Combine(Repository.Root, "tests", "Mutants");

    [Theory]
    [MemberData(nameof(Patches))]
    public void Patch_Applies(string name)
    {
        var hunks = Hunk.ReadAll(File.ReadAllLines(Path.Combine(Folder, $"{name}.patch")));

        Assert.NotEmpty(hunks);
        Assert.DoesNotContain(hunks, static hunk => !hunk.Applies());
    }

    [Theory]
    [InlineData(new[] { " a", "-b", " c" }, new[] { "a", "b", "c" }, true)]
    [InlineData(new[] { " other", " a", "-b", "+x", " c", " other" }, new[] { "a", "b", "c" }, true)]
    [InlineData(new[] { " a", "-b", " c" }, new[] { "a", "x", "c" }, false)]
    [InlineData(new[] { " a", "-b", " c" }, new[] { "x", "b", "c" }, false)]
    [InlineData(new[] { " a", "+x", " c" }, new[] { "a", "b", "c" }, false)]
    public void Hunk_AppliesWhereItsLinesStandTogether(string[] hunk, string[] file, bool applies) => Assert.Equal(applies, new Hunk("-", hunk).AppliesTo(file));

    /// <summary>One place that a patch changes.</summary>
    private sealed record Hunk(string File, IReadOnlyList<string> Lines)
    {
        public static List<Hunk> ReadAll(string[] patch)
        {
            var hunks = new List<Hunk>();
            var file = string.Empty;
            var lines = new List<string>();
            foreach (var line in patch)
            {
                if (line.StartsWith("+++ b/", StringComparison.Ordinal))
                {
                    file = line["+++ b/".Length..];
                    lines = [];
                }
                else if (line.StartsWith("@@ ", StringComparison.Ordinal))
                {
                    hunks.Add(new(file, lines = []));
                }
                else if (!line.StartsWith("--- ", StringComparison.Ordinal))
                {
                    lines.Add(line);
                }
            }

            return hunks;
        }

        public bool Applies() => Path.Combine(Repository.Root, File) is var path && System.IO.File.Exists(path) && AppliesTo(System.IO.File.ReadAllLines(path));

        /// <summary>As <c>git apply -C1</c> has it: what is removed stands there, between a line before it and one after it.</summary>
        public bool AppliesTo(string[] file)
        {
            var first = Enumerable.Range(0, Lines.Count).First(IsChange);
            var last = Enumerable.Range(0, Lines.Count).Last(IsChange);
            var wanted = Lines.Take(Math.Min(Lines.Count, last + 2)).Skip(Math.Max(0, first - 1)).Where(static line => line is not ['+', ..]).Select(static line => line is [_, .. var text] ? text : string.Empty).ToArray();
            return Enumerable.Range(0, Math.Max(0, file.Length - wanted.Length + 1)).Any(at => file.AsSpan(at, wanted.Length).SequenceEqual(wanted));
        }

        private bool IsChange(int line) => Lines[line] is ['+' or '-', ..];
    }
}
