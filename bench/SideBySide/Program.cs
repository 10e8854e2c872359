// Benchmarks of this cache and its peers, in turns in the same run. Starts and ends what it needs: Redis from the path, silos, application processes.
//
//   dotnet run --project bench/SideBySide -c Release -- all | short | [short] w1 w2 ... [--report side-by-side.md]

using OrleansTagCache.Bench.SideBySide;
using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Reporting;
using OrleansTagCache.Bench.SideBySide.Workloads;

if (args is [Node.Argument, var peer, var redis])
{
    await NodeCommands.Serve(peer, redis);
    return 0;
}

if (args is [WebNode.Argument, var database, var address])
{
    await WebNode.Serve(database, address);
    return 0;
}

if (args is [BareSilo.Argument, var membership, var siloPort, var gatewayPort])
{
    await BareSilo.Serve(membership, siloPort, gatewayPort);
    return 0;
}

if (!Repository.IsRelease)
{
    Console.Error.WriteLine("Run it with -c Release: only what the compiler has optimized is worth measuring.");
    return 2;
}

IWorkload[] workloads =
[
    new NearHit(), new SharedHit(), new TagUpdate(), new Stampede(), new EntryMemory(), new OldReads(), new Fill(), new StaleHit(), new ManyClients(), new WebHit(), new MutualTls(), new Sets(), new ManyKeys(),
    new LargeSilo(), new IdleSilo(), new Deploy(), new LargeMove(), new Growth(), new Holds(),
];
if (RunPlan.Parse(args, workloads) is not { } plan)
{
    Console.Error.WriteLine(
        $"Say what to run: all, or short, or some of {string.Join(' ', workloads.Select(workload => workload.Name))}; short beside names runs these in few and short rounds.");
    return 2;
}

var report = new MarkdownReport(plan.Report, plan.What);
foreach (var workload in plan.Workloads)
{
    var begun = TimeProvider.System.GetTimestamp();
    var findings = await workload.Run(plan.Extent);
    report.Add(findings, TimeProvider.System.GetElapsedTime(begun));
}

return 0;
