using System.Globalization;
using OrleansTagCache.Faults.History;
using OrleansTagCache.Faults.Roles;

namespace OrleansTagCache.Faults.Workload;

/// <summary>A read that has begun: what it may not fall below was noted before anything else happened.</summary>
internal readonly record struct BegunRead(int Key, long Floor, long Start, long Freezes);

/// <summary>Judges every read on the spot, counts it, and keeps a sample of them, and every bad one, for the offline checker.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ReadRecorder(RoleContext role)
{
    /// <summary>One read in so many is kept.</summary>
    private const int SampleEvery = 32;

    private readonly Lock _gate = new();
    private long _count;

    public BegunRead Begin(int key)
    {
        var (slot, state) = (role.Options.Slot, role.State);
        return new(key, state.FloorOf(key), role.Time.GetTimestamp(), state.CounterOf(slot, Counter.Freezes));
    }

    public void Served(in BegunRead begun, in Row row)
    {
        var end = Finish(begun);
        role.State.Count(role.Options.Slot, Counter.Reads);
        var isBad = row.Version < begun.Floor;
        if (isBad || Interlocked.Increment(ref _count) % SampleEvery == 0)
        {
            role.Log.Write(Operation.Read(role.Options.Slot, begun.Key, row.Version, begun.Floor, begun.Start, end, row.MadeAt), flush: isBad);
        }

        if (isBad)
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
        if (state.CounterOf(slot, Counter.Freezes) == begun.Freezes)
        {
            state.CountMaximum(slot, Counter.SlowestRead, end - begun.Start);
        }

        return end;
    }

    private void Report(in BegunRead begun, in Row row, long end)
    {
        role.State.Count(role.Options.Slot, Counter.Violations);
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"key {Layout.KeyName(begun.Key)} read by {role.Options.Slot} from {begun.Start} to {end} ns: version {row.Version}, made by {row.MadeBy} at {row.MadeAt}; the floor was {begun.Floor}, the source is at {role.State.VersionOf(begun.Key)}\n");
        lock (_gate)
        {
            File.AppendAllText(role.Options.ViolationsPath, line);
        }
    }
}
