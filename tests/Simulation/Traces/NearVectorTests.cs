using System.Text;
using OrleansTagCache.Names;
using OrleansTagCache.Ownership;
using OrleansTagCache.Simulation.Seams;
using OrleansTagCache.Simulation.Search;
using OrleansTagCache.Testing;
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

        Assert.InRange(text.Length, 100_000, MaximumBytes);
        IsWritten("traces.jsonl", text.ToString());
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

    [Fact]
    public void Owners_AreThoseThatEveryProcessComputes()
    {
        SiloAddress[] silos = [.. Enumerable.Range(0, 7).Select(i => SiloAddress.New(System.Net.IPAddress.Parse(i % 2 == 0 ? $"10.0.0.{i}" : "::1"), 11_111 + i, 400_000_000 + (i * 977)))];
        var text = new StringBuilder("{\"silos\":[");
        text.AppendJoin(',', silos.Select(silo => $"\"{silo.ToParsableString()}\"")).Append("],\"namespace\":\"shop\",\"owners\":[\n");
        var space = CacheNamespace.Parse("shop");
        var lines = new List<string>();
        for (var length = 1; length <= NameLimits.KeyLength; length += 1 + (length / 17))
        {
            var key = string.Concat(Enumerable.Range(0, length).Select(i => (char)('a' + ((i * 31) + length) % 26)))[..^1] + (length % 3 == 0 ? "é" : length % 5 == 0 ? "漢" : "z");
            var most = 1 + (length % silos.Length);
            var owner = new Rendezvous(silos[..most]).OwnerOf(space.Scope(key))!;
            var hash = System.IO.Hashing.XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(key));
            lines.Add($"[\"{key}\",\"{hash:x16}\",{most},{Array.IndexOf(silos, owner)}]");
        }

        text.AppendJoin(",\n", lines).Append("\n]}\n");
        IsWritten("owners.json", text.ToString());
    }

    private static void IsWritten(string file, string text)
    {
        var path = PathOf(file);
        if (Environment.GetEnvironmentVariable("WRITE_VECTORS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }

        Assert.True(text == File.ReadAllText(path), $"{file} is not as the code has it: set WRITE_VECTORS=1 to write it anew, and run the tests of js/client.");
    }

    private static string PathOf(string file) => Path.Combine(Repository.Root, "js", "client", "test", "near", "vectors", file);
}
