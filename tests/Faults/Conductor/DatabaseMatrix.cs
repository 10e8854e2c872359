using OrleansTagCache.Faults.Database;
using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Conductor;

/// <summary>Runs transactions on a database, and against them one nemesis after the other; then checks the histories against the order of commits.</summary>
internal sealed class DatabaseMatrix(RunOptions options, TextWriter output)
{
    /// <returns>
    /// The process's exit code: 0 if nothing was violated, 1 if something was, 2 if something got stuck or a surface was not read. Without holds a read may be older than the last commit,
    /// and some must be: else the run has not looked where the fault is.
    /// </returns>
    public async Task<int> Run()
    {
        var folder = Directory.CreateDirectory(Path.Combine(options.Folder, $"database-{TimeProvider.System.GetTimestamp()}")).FullName;
        var phases = new List<DatabasePhase>();
        var isStuck = false;
        List<TimeSpan> storedAgain;
        await using (var cluster = new TestCluster(options, folder))
        {
            await cluster.Start();
            await cluster.WhenWhole();
            output.WriteLine($"The cluster is whole. {folder}");
            var rounds = new Rounds(cluster, options.Verbose, output);
            var random = new Random(options.Seed);
            foreach (var (nemesis, count) in Plans.Of(options))
            {
                var before = CommitCounts.Of(cluster.Commits!);
                var start = cluster.Time.GetTimestamp();
                phases.Add(new(await rounds.Strike(nemesis, count, random), CommitCounts.Of(cluster.Commits!) - before, start, cluster.Time.GetTimestamp()));
                output.WriteLine(DatabaseTable.Line(phases[^1]));
                if (rounds.IsStuck)
                {
                    break;
                }
            }

            (isStuck, storedAgain) = (rounds.IsStuck, cluster.StoredAgain);
        }

        if (storedAgain.Count > 0)
        {
            output.WriteLine($"After a writer's death values were stored again {DatabaseTable.Spread(storedAgain)} after the time of its hold.");
        }

        var report = new CommitReport(folder, output).Check();
        phases = phases.ConvertAll(phase => phase with { Late = [.. report.Old.Where(read => read.Start >= phase.Start && read.Start < phase.End).Select(read => read.Late).Order()] });
        var table = DatabaseTable.Of(phases);
        output.WriteLine();
        output.WriteLine(table);
        if (options.Out is { } path)
        {
            await File.WriteAllTextAsync(path, table);
        }

        foreach (var surface in Phase.Sum([.. phases.Select(phase => phase.Phase)]).Unread)
        {
            isStuck = true;
            output.WriteLine($"Nothing was read through {Surfaces.NameOf(surface)}.");
        }

        var old = phases.Sum(phase => phase.Old) + report.Old.Count;
        var bad = phases.Sum(phase => phase.Counts.Uncommitted) + report.Uncommitted + report.AfterTold + (options.Telling == Telling.Afterwards ? 0 : old);
        if (options.Telling == Telling.Afterwards && old == 0)
        {
            isStuck = true;
            output.WriteLine("No read was older than the last commit, as some must be without holds.");
        }

        if (bad == 0 && !isStuck && !options.Keep)
        {
            Directory.Delete(folder, recursive: true);
        }

        return bad > 0 ? 1 : isStuck ? 2 : 0;
    }
}
