using OrleansTagCache.Coherence;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Seams;
using OrleansTagCache.Simulation.Traces;

namespace OrleansTagCache.Simulation.Search;

/// <summary>What a search found.</summary>
/// <param name="Violation">How the promise was broken; null if it was kept.</param>
/// <param name="Lines">The events of the run, if it was watched.</param>
/// <param name="Step">How many steps it took.</param>
internal sealed record Outcome(string? Violation, IReadOnlyList<string> Lines, int Step);

/// <summary>What a run did, so that a green one is known not to have been idle.</summary>
internal sealed record Activity(long Reads, long Hits, long Changes, IReadOnlyList<int> Deeds)
{
    public static Activity operator +(Activity left, Activity right) =>
        new(left.Reads + right.Reads, left.Hits + right.Hits, left.Changes + right.Changes, [.. left.Deeds.Zip(right.Deeds, (one, other) => one + other)]);
}

/// <summary>Runs random schedules of a cluster with every kind of trouble. One seed, one run, always the same.</summary>
internal static class RandomSearch
{
    /// <summary>From this seed on there are updates of all of several tags too.</summary>
    public const ulong FirstJoint = 1_000_000;

    /// <summary>From this seed on there are readers with soft tags, and remembered updates.</summary>
    public const ulong FirstSoft = 2_000_000;

    /// <summary>From this seed on values are set since moments as well.</summary>
    public const ulong FirstSince = 3_000_000;

    /// <summary>Runs one seed; the trace is kept only if it is watched.</summary>
    public static (Outcome Outcome, Activity Activity) Run(ulong seed, int steps, Mutant mutant, bool isWatched, List<NearShadow>? shadows = null)
    {
        Mutants.Current = mutant;
        var trace = isWatched ? new Trace() : null;
        var chance = new Chance(seed);
        var world = new World(chance, trace, hasTimers: true) { Shadows = shadows };
        var driver = new RandomDriver(world, chance, hasJoint: seed is >= FirstJoint and < FirstSoft, hasSoft: seed >= FirstSoft, hasSince: seed >= FirstSince);
        string? violation = null;
        var step = 0;
        try
        {
            driver.Begin();
            for (; step < steps; step++)
            {
                driver.Step();
            }
        }
        catch (BrokenPromiseException broken)
        {
            violation = broken.Message;
        }
        catch (Exception exception)
        {
            // What the product's types throw breaks no promise, and is a fault all the same.
            violation = exception.ToString();
        }
        finally
        {
            ProtocolRules.OtherThreads = null;
            Mutants.Current = Mutant.None;
        }

        return (new(violation, trace?.Lines ?? [], step), new(world.Reads, world.Hits, world.Changes, world.Deeds));
    }

    /// <summary>Searches seeds on all cores until the promise is broken. Null if it never was.</summary>
    public static (ulong? Seed, Activity Activity) Run(ulong first, int seeds, int steps, Mutant mutant)
    {
        var gate = new Lock();
        ulong? broken = null;
        var total = new Activity(0, 0, 0, new int[Enum.GetValues<Deed>().Length]);
        Parallel.For(0, seeds, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, (index, loop) =>
        {
            if (loop.ShouldExitCurrentIteration)
            {
                return;
            }

            var (outcome, activity) = Run(first + (ulong)index, steps, mutant, isWatched: false);
            lock (gate)
            {
                total += activity;
                if (outcome.Violation is not null)
                {
                    broken = Math.Min(broken ?? ulong.MaxValue, first + (ulong)index);
                    loop.Break();
                }
            }
        });
        return (broken, total);
    }
}
