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
            var rounds = new Rounds(cluster, options.Verbose, output);
            var random = new Random(options.Seed);
            foreach (var (nemesis, count) in Plans.Of(options))
            {
                phases.Add(await rounds.Strike(nemesis, count, random));
                output.WriteLine(Table.Line(phases[^1]));
                if (rounds.IsStuck)
                {
                    break;
                }
            }

            _isStuck = rounds.IsStuck;
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
}
