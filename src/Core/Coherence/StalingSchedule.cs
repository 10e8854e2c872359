using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Coherence;

/// <summary>One revalidation as a ledger noted it: values stamped before <paramref name="At"/> are stale, and expired from <paramref name="Deadline"/> on.</summary>
internal readonly record struct Staling(Stamp At, Moment Deadline);

/// <summary>
/// The open stalings of a tag: for any stamp, the earliest deadline among the stalings after it. Immutable; a later staling never
/// pushes a deadline out, since a value keeps every deadline that came after its stamp.
/// </summary>
/// <remarks>
/// Kept as a staircase: stamps and deadlines both rise. A staling with a deadline not earlier than a newer one's says nothing that the
/// newer does not. Beyond <see cref="MaximumSteps"/> the two closest deadlines become one step with the later stamp and the earlier
/// deadline: a few values expire sooner than they had to, never later.
/// </remarks>
internal sealed class StalingSchedule
{
    public const int MaximumSteps = 8;

    private readonly Staling[] _steps;

    private StalingSchedule(Staling[] steps) => _steps = steps;

    /// <summary>The stamp of the newest staling.</summary>
    public Stamp Newest => _steps[^1].At;

    /// <summary>
    /// Adds a staling. Steps whose deadline has passed leave the schedule: what they covered is expired for good, and
    /// <paramref name="expired"/> is the stamp up to which.
    /// </summary>
    public static StalingSchedule Add(StalingSchedule? schedule, Staling staling, Moment now, out Stamp expired)
    {
        expired = Stamp.Zero;
        var steps = new List<Staling>(MaximumSteps + 1);
        foreach (var step in schedule?._steps ?? [])
        {
            if (step.Deadline <= now)
            {
                expired = Stamp.Max(expired, step.At);
            }
            else if (step.Deadline < staling.Deadline && ProtocolRules.DeadlinesOnlyComeCloser)
            {
                steps.Add(step);
            }
        }

        steps.Add(staling);
        if (steps.Count > MaximumSteps)
        {
            MergeClosest(steps);
        }

        return new([.. steps]);
    }

    /// <summary>What these stalings say of a value with that stamp.</summary>
    public StalingVerdict Of(Stamp stamp)
    {
        // The steps rise, so the first one after the stamp has the earliest deadline of all that are.
        foreach (var step in _steps)
        {
            if (step.At > stamp)
            {
                return new(true, step.Deadline);
            }
        }

        return StalingVerdict.None;
    }

    private static void MergeClosest(List<Staling> steps)
    {
        var closest = 0;
        for (var i = 1; i + 1 < steps.Count; i++)
        {
            if (steps[i + 1].Deadline - steps[i].Deadline < steps[closest + 1].Deadline - steps[closest].Deadline)
            {
                closest = i;
            }
        }

        steps[closest] = new(steps[closest + 1].At, steps[closest].Deadline);
        steps.RemoveAt(closest + 1);
    }
}
