using System.Globalization;
using OrleansTagCache.Faults.Nemeses;

namespace OrleansTagCache.Faults.Conductor;

/// <summary>
/// A long run with faults that looks for what grows: the memory of the processes, and what silos count. The first silo is never killed,
/// so that its memory can be compared with itself.
/// </summary>
internal sealed class Soak(RunOptions options, TextWriter output)
{
    private const double Minutes = 15;

    private static readonly TimeSpan Sample = TimeSpan.FromSeconds(15);
    private readonly INemesis[] _nemeses =
    [
        new FreezeProcess(Victim.Client, "1 s", TimeSpan.FromSeconds(1)), new FreezeProcess(Victim.Client, "6 s", TimeSpan.FromSeconds(6)), new KillClient(),
        new CutProcess(Victim.Client, TimeSpan.FromSeconds(3)), new CutSilos(TimeSpan.FromSeconds(2)), new FreezeSilo("1.5 s", TimeSpan.FromSeconds(1.5)),
        new FreezeStore(options.Store, "2.5 s", TimeSpan.FromSeconds(2.5)), new KillSilo(), new FreezeSiloPastDeath(),
    ];

    public async Task<int> Run()
    {
        var folder = Directory.CreateDirectory(Path.Combine(options.Folder, $"soak-{TimeProvider.System.GetTimestamp()}")).FullName;
        var random = new Random(options.Seed);
        Phase phase;
        await using (var cluster = new TestCluster(options, folder) { FirstUnspared = 1 })
        {
            await cluster.Start();
            await cluster.WhenWhole();
            output.WriteLine("| s | MB of silos | MB of clients | MB of reader, writer | entries | sessions | interest | tag records | open updates | reads | updates | violations |");
            output.WriteLine("|---:|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|");
            var start = new PhaseStart(cluster, "soak");
            var begun = cluster.Time.GetTimestamp();
            using var over = new CancellationTokenSource();
            var sampling = Task.Run(() => SampleUntil(cluster, begun, over.Token));
            var faults = 0;
            while (cluster.Time.GetElapsedTime(begun) < TimeSpan.FromMinutes(options.Minutes ?? Minutes))
            {
                faults += await _nemeses[random.Next(_nemeses.Length)].Strike(cluster, random);
                await cluster.WhenWhole();
                await cluster.Pass(TimeSpan.FromMilliseconds(random.Next(1_000, 8_000)));
            }

            await over.CancelAsync();
            await sampling;
            phase = start.End(faults);
        }

        var violations = phase.Violations + new HistoryReport(folder, output).Check();
        output.WriteLine();
        output.WriteLine(Table.Of([phase]));
        return violations == 0 ? 0 : 1;
    }

    private async Task SampleUntil(TestCluster cluster, long begun, CancellationToken over)
    {
        using var timer = new PeriodicTimer(Sample, cluster.Time);
        try
        {
            do
            {
                output.WriteLine(await Line(cluster, begun));
            }
            while (await timer.WaitForNextTickAsync(over));
        }
        catch (OperationCanceledException)
        {
        }
    }

    private static async Task<string> Line(TestCluster cluster, long begun)
    {
        var seconds = cluster.Time.GetElapsedTime(begun).TotalSeconds;
        var members = (await cluster.Describe(0))?.GetProperty("members").EnumerateArray().ToList() ?? [];
        long Sum(string what) => members.Sum(member => member.GetProperty(what).GetInt64());
        string Megabytes(int first, int count) => string.Join(' ', Enumerable.Range(first, count).Select(slot => (cluster.Process(slot).ResidentBytes / 1_000_000).ToString(CultureInfo.InvariantCulture)));
        var state = cluster.State;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {seconds:F0} | {Megabytes(0, TestCluster.Silos)} | {Megabytes(TestCluster.FirstClient, cluster.Cast.Clients)} | {Megabytes(TestCluster.FirstOther(cluster.Cast.Clients), cluster.Cast.Others.Count)} | {Sum("entries")} | {Sum("sessions")} | {Sum("interest")} | {Sum("tagRecords")} | {Sum("openUpdates")} | {state.SumOf(Workload.Counter.Reads)} | {state.SumOf(Workload.Counter.Updates)} | {state.SumOf(Workload.Counter.Violations)} |");
    }
}
