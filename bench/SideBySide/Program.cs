// Benchmarks of this cache and its peers, in turns in the same run. Starts and ends what it needs: Redis from the path, silos, application processes.
//
//   dotnet run --project bench/SideBySide -c Release -- all | short | w1 w2 ... [--report side-by-side.md]

using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Reporting;
using OrleansTagCache.Bench.SideBySide.Workloads;

if (args is [Node.Argument, var peer, var redis])
{
    await NodeCommands.Serve(peer, redis);
    return 0;
}

IWorkload[] workloads = [new NearHit(), new SharedHit(), new TagUpdate(), new Stampede(), new EntryMemory(), new OldReads(), new Fill(), new StaleHit()];
var report = "side-by-side.md";
var names = new List<string>();
for (var i = 0; i < args.Length; i++)
{
    if (args[i] == "--report" && i + 1 < args.Length)
    {
        report = args[++i];
    }
    else
    {
        names.Add(args[i]);
    }
}

var extent = names.Contains("short") ? Extent.Short : names.Contains("all") ? Extent.All : Extent.Full;
var chosen = workloads.Where(workload => names.Contains("all") || names is ["short"] || names.Contains(workload.Name)).ToList();
if (chosen.Count == 0)
{
    Console.Error.WriteLine($"Say what to run: all, short, or some of {string.Join(' ', workloads.Select(workload => workload.Name))} (with short, in few and short rounds).");
    return 2;
}

var markdown = new MarkdownReport(report, string.Join(' ', names));
foreach (var workload in chosen)
{
    markdown.Add(await workload.Run(extent));
}

return 0;
