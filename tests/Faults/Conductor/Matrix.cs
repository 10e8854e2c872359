using OrleansTagCache.Faults.History;
using OrleansTagCache.Faults.Nemeses;
using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Conductor;

/// <summary>Runs the workload once, and against it one nemesis after the other; then checks the histories.</summary>
internal sealed class Matrix(RunOptions options, TextWriter output)
{
    /// <summary>How many violations are printed; the rest is in the folder.</summary>
    private const int Shown = 10;

    /// <returns>The process's exit code: 0 if nothing was violated.</returns>
    public async Task<int> Run()
    {
        var folder = Directory.CreateDirectory(Path.Combine(options.Folder, $"faults-{TimeProvider.System.GetTimestamp()}")).FullName;
        var phases = new List<Phase>();
        await using (var cluster = new TestCluster(options, folder))
        {
            await cluster.Start();
            await cluster.WhenWhole();
            output.WriteLine($"The cluster is whole. {folder}");
            var random = new Random(options.Seed);
            foreach (var (nemesis, rounds) in Plans.Of(options))
            {
                phases.Add(await Strike(cluster, nemesis, rounds, random));
                output.WriteLine(Table.Line(phases[^1]));
            }
        }

        var table = Table.Of(phases);
        output.WriteLine();
        output.WriteLine(table);
        if (options.Out is { } path)
        {
            await File.WriteAllTextAsync(path, table);
        }

        var violations = phases.Sum(phase => phase.Violations) + Check(folder);
        if (violations == 0 && !options.Keep)
        {
            Directory.Delete(folder, recursive: true);
        }

        return violations == 0 ? 0 : 1;
    }

    private static async Task<Phase> Strike(TestCluster cluster, INemesis nemesis, int rounds, Random random)
    {
        var start = new PhaseStart(cluster, nemesis.Name);
        var faults = 0;
        for (var round = 0; round < rounds; round++)
        {
            faults += await nemesis.Strike(cluster, random);
            await cluster.WhenWhole();
        }

        return start.End(faults);
    }

    /// <summary>The histories once more, by the checker that knows nothing of the memory that the processes shared.</summary>
    private long Check(string folder)
    {
        var operations = Directory.GetFiles(folder, "*.operations").SelectMany(OperationLog.ReadAll).ToList();
        var violations = new Checker(operations, Layout.TagsOf).Violations(operations).ToList();
        output.WriteLine($"Histories: {operations.Count(operation => operation.Kind == OperationKind.Read)} reads and {operations.Count(operation => operation.Kind != OperationKind.Read)} changes checked, {violations.Count} violations.");
        foreach (var (read, update) in violations.Take(Shown))
        {
            output.WriteLine($"  {read}\n    is older than {update}");
        }

        foreach (var line in Directory.GetFiles(folder, "*.violations").SelectMany(File.ReadLines).Take(Shown))
        {
            output.WriteLine($"  {line}");
        }

        return violations.Count;
    }
}
