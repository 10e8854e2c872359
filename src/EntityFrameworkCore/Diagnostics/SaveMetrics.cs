using System.Diagnostics.Metrics;

namespace OrleansTagCache.Diagnostics;

/// <summary>What saves and the outbox of a process count. Tags and tables are never dimensions.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class SaveMetrics
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "OrleansTagCache.EntityFrameworkCore";

    /// <summary>From a hold at a silo nearby to one that waits for a dead silo's lease.</summary>
    private static readonly InstrumentAdvice<double> Waits = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    };

    private readonly Counter<long> _holds;
    private readonly Histogram<double> _waits;
    private readonly Counter<long> _rows;

    /// <param name="meters">Makes the meter; without it, it is the process's own.</param>
    /// <param name="pending">How many tags wait to be updated.</param>
    public SaveMetrics(IMeterFactory? meters, Func<int> pending)
    {
        var meter = meters?.Create(MeterName) ?? new Meter(MeterName);
        _holds = meter.CreateCounter<long>("tagcache.save.holds", "{hold}", "Holds of saves, by how they ended: held, lapsed, rolled_back, abandoned, renewed, unavailable or unconfirmed.");
        _waits = meter.CreateHistogram<double>("tagcache.save.hold.duration", "s", "How long a save waited for its holds.", tags: null, Waits);
        _rows = meter.CreateCounter<long>("tagcache.outbox.rows", "{row}", "Rows of the outbox: written, released or drained.");
        meter.CreateObservableUpDownCounter("tagcache.save.pending", pending, "{tag}", "Tags of committed transactions that are still to be updated.");
    }

    public void OnHold(HoldEnd end, int count = 1) => _holds.Add(count, new KeyValuePair<string, object?>("tagcache.outcome", NameOf(end)));

    public void OnHeld(TimeSpan elapsed) => _waits.Record(elapsed.TotalSeconds);

    public void OnRows(RowEvent happened, int count = 1) => _rows.Add(count, new KeyValuePair<string, object?>("tagcache.outcome", happened switch
    {
        RowEvent.Written => "written",
        RowEvent.Released => "released",
        _ => "drained",
    }));

    private static string NameOf(HoldEnd end) => end switch
    {
        HoldEnd.Held => "held",
        HoldEnd.Lapsed => "lapsed",
        HoldEnd.RolledBack => "rolled_back",
        HoldEnd.Abandoned => "abandoned",
        HoldEnd.Renewed => "renewed",
        HoldEnd.Unavailable => "unavailable",
        _ => "unconfirmed",
    };
}

/// <summary>How a hold ended, or why there was none.</summary>
internal enum HoldEnd : byte
{
    /// <summary>It was held until the commit was over.</summary>
    Held = 0,

    /// <summary>Its time was over before the commit was; the tags have been updated.</summary>
    Lapsed,

    /// <summary>The transaction was rolled back.</summary>
    RolledBack,

    /// <summary>The outcome of the commit is not known.</summary>
    Abandoned,

    /// <summary>Its time was over before the commit began, and another one was taken.</summary>
    Renewed,

    /// <summary>None could be had.</summary>
    Unavailable,

    /// <summary>The update after the commit has not been confirmed; it is repeated.</summary>
    Unconfirmed,
}

/// <summary>What has happened to a row of the outbox.</summary>
internal enum RowEvent : byte
{
    /// <summary>It was written.</summary>
    Written = 0,

    /// <summary>It was deleted, since its process has released the holds.</summary>
    Released,

    /// <summary>Its tags were updated, and it was deleted.</summary>
    Drained,
}
