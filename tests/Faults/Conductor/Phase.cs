using OrleansTagCache.Faults.History;
using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Conductor;

/// <summary>The reads through one surface.</summary>
/// <param name="Surface">The surface.</param>
/// <param name="Reads">How many were answered.</param>
/// <param name="Violations">How many of them broke the promise.</param>
internal sealed record SurfaceReads(Surface Surface, long Reads, long Violations)
{
    public static SurfaceReads Sum(IGrouping<Surface, SurfaceReads> reads) => new(reads.Key, reads.Sum(each => each.Reads), reads.Sum(each => each.Violations));
}

/// <summary>What was counted while one nemesis was at work.</summary>
internal sealed record Phase(
    string Name,
    int Faults,
    TimeSpan Duration,
    long Reads,
    long Generated,
    long Failed,
    long NotAnswered,
    long Violations,
    double SlowestReadMs,
    long UpdatesFailed,
    IReadOnlyList<double> UpdateMs,
    IReadOnlyList<SurfaceReads> Surfaces)
{
    /// <summary>Surfaces that nothing was read through: what else was counted says nothing of them.</summary>
    public IEnumerable<Surface> Unread => Surfaces.Where(reads => reads.Reads == 0).Select(reads => reads.Surface);

    public double Percentile(double part) => UpdateMs.Count == 0 ? 0 : UpdateMs[Math.Min(UpdateMs.Count - 1, (int)(UpdateMs.Count * part))];

    public static Phase Sum(IReadOnlyList<Phase> phases) => new(
        "all",
        phases.Sum(phase => phase.Faults),
        new(phases.Sum(phase => phase.Duration.Ticks)),
        phases.Sum(phase => phase.Reads),
        phases.Sum(phase => phase.Generated),
        phases.Sum(phase => phase.Failed),
        phases.Sum(phase => phase.NotAnswered),
        phases.Sum(phase => phase.Violations),
        phases.Max(phase => phase.SlowestReadMs),
        phases.Sum(phase => phase.UpdatesFailed),
        [.. phases.SelectMany(phase => phase.UpdateMs).Order()],
        [.. phases.SelectMany(phase => phase.Surfaces).GroupBy(reads => reads.Surface).Select(SurfaceReads.Sum)]);
}

/// <summary>The counters at a moment; two of them make a phase.</summary>
internal sealed class PhaseStart
{
    private static readonly Counter[] Counted =
        [Counter.Reads, Counter.Generated, Counter.Failed, Counter.NotAnswered, Counter.Violations, Counter.UpdatesFailed];

    private readonly TestCluster _cluster;
    private readonly string _name;
    private readonly Dictionary<Counter, long> _before;
    private readonly IReadOnlyList<SurfaceReads> _surfaces;
    private readonly long _start;

    public PhaseStart(TestCluster cluster, string name)
    {
        (_cluster, _name) = (cluster, name);
        _before = Counted.ToDictionary(counter => counter, cluster.State.SumOf);
        _surfaces = [.. cluster.Load.Surfaces.Select(surface => new SurfaceReads(surface, cluster.State.ReadsOf(surface), cluster.State.BadOf(surface)))];
        for (var slot = 0; slot < SharedState.Slots; slot++)
        {
            cluster.State.SetCounter(slot, Counter.SlowestRead, 0);
        }

        _start = cluster.Time.GetTimestamp();
    }

    public Phase End(int faults)
    {
        var end = _cluster.Time.GetTimestamp();
        var updates = _cluster.Cast.Writers
            .SelectMany(slot => OperationLog.ReadAll(Path.Combine(_cluster.Folder, $"{slot}.operations")))
            .Where(operation => operation.Start >= _start && operation.Start < end)
            .Where(operation => operation is { Kind: OperationKind.Update or OperationKind.UpdateAll, Outcome: OperationOutcome.Done })
            .Select(operation => _cluster.Time.GetElapsedTime(operation.Start, operation.End).TotalMilliseconds);
        var slowest = Enumerable.Range(0, SharedState.Slots).Max(slot => _cluster.State.CounterOf(slot, Counter.SlowestRead));
        return new(
            _name,
            faults,
            _cluster.Time.GetElapsedTime(_start, end),
            Since(Counter.Reads),
            Since(Counter.Generated),
            Since(Counter.Failed),
            Since(Counter.NotAnswered),
            Since(Counter.Violations),
            _cluster.Time.GetElapsedTime(0, slowest).TotalMilliseconds,
            Since(Counter.UpdatesFailed),
            [.. updates.Order()],
            [.. _surfaces.Select(before => new SurfaceReads(before.Surface, _cluster.State.ReadsOf(before.Surface) - before.Reads, _cluster.State.BadOf(before.Surface) - before.Violations))]);
    }

    private long Since(Counter counter) => _cluster.State.SumOf(counter) - _before[counter];
}
