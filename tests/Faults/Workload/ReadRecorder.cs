using System.Globalization;
using OrleansTagCache.Faults.History;
using OrleansTagCache.Faults.Roles;

namespace OrleansTagCache.Faults.Workload;

/// <summary>A read that has begun: what it may not fall below was noted before anything else happened.</summary>
internal readonly record struct BegunRead(Surface Surface, int Key, int From, long Floor, long Start, long Freezes);

/// <summary>Judges every read on the spot, counts it, and keeps a sample of them, and every bad one, for the offline checker.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ReadRecorder(RoleContext role, IJudge judge)
{
    /// <summary>One read in so many is kept.</summary>
    private const int SampleEvery = 32;

    /// <summary>So many bad reads are described; the history has all of them.</summary>
    private const int Described = 200;

    private readonly Lock _gate = new();
    private long _count;
    private int _described;

    public ReadRecorder(RoleContext role)
        : this(role, new UpdateJudge(role.State))
    {
    }

    /// <param name="surface">How it is read.</param>
    /// <param name="key">The key, or what stands for what is made from it.</param>
    /// <param name="from">The process that is asked, if that is another one of an application; else null.</param>
    public BegunRead Begin(Surface surface, int key, int? from = null)
    {
        var asked = from ?? role.Options.Slot;
        return new(surface, key, asked, judge.FloorOf(key), role.Time.GetTimestamp(), Freezes(asked));
    }

    public void Served(in BegunRead begun, in Row row)
    {
        var end = Finish(begun);
        var verdict = judge.Judge(begun, row);
        role.State.CountRead(role.Options.Slot, begun.Surface, verdict.IsBad);
        if (verdict.IsBad || verdict.IsEvidence || Interlocked.Increment(ref _count) % SampleEvery == 0)
        {
            role.Log.Write(
                Operation.Read(role.Options.Slot, begun.Key, row.Version, begun.Floor, begun.Start, end, row.MadeAt), flush: verdict.IsBad || verdict.IsEvidence);
        }

        judge.Learn(begun, row);
        if (verdict.IsBad && Interlocked.Increment(ref _described) <= Described)
        {
            Report(begun, row, end);
        }
    }

    public void Failed(in BegunRead begun, Counter counter)
    {
        Finish(begun);
        role.State.Count(role.Options.Slot, counter);
    }

    private long Finish(in BegunRead begun)
    {
        var (slot, state) = (role.Options.Slot, role.State);
        var end = role.Time.GetTimestamp();
        if (Freezes(begun.From) == begun.Freezes)
        {
            state.CountMaximum(slot, Counter.SlowestRead, end - begun.Start);
        }

        return end;
    }

    /// <summary>A read says nothing of how long it takes if its own process or the one that it asked stood still meanwhile.</summary>
    private long Freezes(int asked)
    {
        var (slot, state) = (role.Options.Slot, role.State);
        return state.CounterOf(slot, Counter.Freezes) + (asked == slot ? 0 : state.CounterOf(asked, Counter.Freezes));
    }

    private void Report(in BegunRead begun, in Row row, long end)
    {
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{Surfaces.NameOf(begun.Surface)}: read by {role.Options.Slot} of {begun.From} from {begun.Start} to {end} ns: version {row.Version}, made by {row.MadeBy} at {row.MadeAt}; the floor was {begun.Floor}; {judge.Describe(begun, row)}\n");
        lock (_gate)
        {
            File.AppendAllText(role.Options.ViolationsPath, line);
        }
    }
}
