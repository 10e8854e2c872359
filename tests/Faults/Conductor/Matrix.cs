using OrleansTagCache.Faults.Nemeses;

namespace OrleansTagCache.Faults.Conductor;

/// <summary>Runs the workload once, and against it one nemesis after the other; then checks the histories.</summary>
internal sealed class Matrix(RunOptions options, TextWriter output)
{
    private bool _isStuck;
    private int _lost;

    /// <returns>The process's exit code: 0 if nothing was violated, 1 if something was, 2 if something got stuck, a surface was not read, or an upgrade lost an entry or an update.</returns>
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
                if (_isStuck)
                {
                    break;
                }
            }

            _lost = cluster.Lost;
        }

        var table = Table.Of(phases);
        output.WriteLine();
        output.WriteLine(table);
        if (options.Out is { } path)
        {
            await File.WriteAllTextAsync(path, table);
        }

        var violations = phases.Sum(phase => phase.Violations) + new HistoryReport(folder, output).Check();
        foreach (var surface in Phase.Sum(phases).Unread)
        {
            _isStuck = true;
            output.WriteLine($"Nothing was read through {Workload.Surfaces.NameOf(surface)}.");
        }

        if (options.Plan == Plans.Upgrade)
        {
            // A deploy in order costs nothing: no entry, and no update for good.
            var failed = phases.Sum(phase => phase.UpdatesFailed);
            output.WriteLine($"{_lost} entries were lost, and {failed} updates failed.");
            _isStuck |= _lost > 0 || failed > 0;
        }

        if (violations == 0 && !_isStuck && !options.Keep)
        {
            Directory.Delete(folder, recursive: true);
        }

        return violations > 0 ? 1 : _isStuck ? 2 : 0;
    }

    private async Task<Phase> Strike(TestCluster cluster, INemesis nemesis, int rounds, Random random)
    {
        var start = new PhaseStart(cluster, nemesis.Name);
        var faults = 0;
        for (var round = 0; round < rounds; round++)
        {
            try
            {
                faults += await nemesis.Strike(cluster, random);
                await cluster.WhenWhole();
            }
            catch (Exception exception) when (exception is InvalidOperationException or TimeoutException)
            {
                // What was measured until then is shown all the same.
                _isStuck = true;
                output.WriteLine($"Stuck in '{nemesis.Name}': {exception.Message}");
                break;
            }

            if (options.Verbose)
            {
                output.WriteLine($"  {nemesis.Name} {round + 1}: {cluster.State.SumOf(Workload.Counter.Reads)} reads, {cluster.State.SumOf(Workload.Counter.Violations)} violations");
            }
        }

        return start.End(faults);
    }
}
