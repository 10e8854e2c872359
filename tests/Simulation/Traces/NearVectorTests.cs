using System.Runtime.CompilerServices;
using System.Text;
using OrleansTagCache.Simulation.Seams;
using OrleansTagCache.Simulation.Search;
using Xunit;

namespace OrleansTagCache.Simulation.Traces;

/// <summary>What the near cache for Node is tested against (js/client/test/near): traces of the pure types under seeded schedules.</summary>
public sealed class NearVectorTests
{
    private const int Steps = 4_000;

    /// <summary>How much of each trace is written.</summary>
    private const int MaximumLines = 600;

    private const int MaximumBytes = 1 << 20;

    private const ulong Seeds = 60;

    [Fact]
    public void Traces_AreThoseOfTheTypesAsTheyAre()
    {
        var text = new StringBuilder();
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            var shadows = new List<NearShadow>();
            var (outcome, _) = RandomSearch.Run(seed, Steps, Mutant.None, isWatched: false, shadows);
            Assert.True(outcome.Violation is null, $"Broken by seed {seed}: {outcome.Violation}");
            foreach (var shadow in shadows.Where(shadow => shadow.Lines.Count > 60))
            {
                text.Append(System.Globalization.CultureInfo.InvariantCulture, $"[\"client\",{seed},{Nodes.Terms.MaximumUnreferenced}]\n");
                text.AppendJoin('\n', shadow.Lines.Take(MaximumLines)).Append('\n');
            }
        }

        var path = PathOf("traces.jsonl");
        if (Environment.GetEnvironmentVariable("WRITE_VECTORS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text.ToString());
        }

        Assert.InRange(text.Length, 100_000, MaximumBytes);
        Assert.True(text.ToString() == File.ReadAllText(path), "The traces have changed: set WRITE_VECTORS=1 to write them anew, and run the tests of js/client.");
    }

    [Fact]
    public void Shadows_UnderManySchedules_KeepThePromise()
    {
        var hits = 0;
        for (ulong seed = 1_000; seed < 1_150; seed++)
        {
            var shadows = new List<NearShadow>();
            var (outcome, _) = RandomSearch.Run(seed, Steps, Mutant.None, isWatched: false, shadows);
            Assert.True(outcome.Violation is null, $"Broken by seed {seed}: {outcome.Violation}");
            hits += shadows.Sum(shadow => shadow.Lines.Count(line => line.StartsWith("[\"read\"", StringComparison.Ordinal) && !line.EndsWith(",-1]", StringComparison.Ordinal)));
        }

        Assert.InRange(hits, 500, int.MaxValue);
    }

    private static string PathOf(string file, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "js", "client", "test", "near", "vectors", file);
}
