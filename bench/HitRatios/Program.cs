using OrleansTagCache.Bench.HitRatios;
using OrleansTagCache.Bench.HitRatios.Traces;

if (args.Length is 0 or > 2)
{
    Console.Error.WriteLine("Usage: HitRatios TRACES [REPORT]\n  TRACES  the folder that get-traces has filled\n  REPORT  a file for the table of all rows; without it, only the means are printed\n   or: HitRatios cost\n  what a store costs in a full cache, by which bound is met");
    return 2;
}

if (args is ["cost"])
{
    StoreCost.Write(Console.Out);
    return 0;
}

var table = new Table();
foreach (var make in RecordedTraces.Of(args[0]).Concat(MadeUpTraces.All))
{
    var trace = make();
    foreach (var row in Replay.RowsOf(trace))
    {
        table.Add(row);
    }

    Console.Error.WriteLine($"{trace.Name}: {trace.Reads.Length:N0} reads of {trace.Keys:N0} keys.");
}

table.WriteMeans(Console.Out);
if (args.Length == 2)
{
    using var report = new StreamWriter(args[1]);
    table.WriteMeans(report);
    table.WriteRows(report);
}

return 0;
