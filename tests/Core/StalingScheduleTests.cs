using CsCheck;
using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using Xunit;

namespace OrleansTagCache.Tests.Core;

public sealed class StalingScheduleTests
{
    private static readonly Gen<Step> ShortSteps = Gen.Select(Gen.Long[1, 3], Gen.Long[0, 3], Gen.Long[-2, 12], (gap, wait, staleFor) =>
        new Step(gap, wait, staleFor));

    private static readonly Gen<Step> LongSteps = Gen.Select(Gen.Long[1, 3], Gen.Long[0, 2], Gen.Long[0, 400], (gap, wait, staleFor) =>
        new Step(gap, wait, staleFor));

    // Most of these only rise, so that more steps are live than a schedule keeps.
    private static readonly Gen<Step> RisingSteps = Gen.Select(Gen.Long[1, 2], Gen.Long[50, 90], (gap, staleFor) =>
        new Step(gap, 1, staleFor));

    private static readonly Gen<Step[]> Histories = Gen.OneOf(
        ShortSteps.Array[1, 30],
        LongSteps.Array[1, 30],
        RisingSteps.Array[1, 30],
        Gen.Frequency((5, RisingSteps), (1, ShortSteps)).Array[1, 40]);

    [Fact]
    public void Of_AnyHistory_AgreesWithTheListOfAllStalings() => Histories.Sample(
        history =>
        {
            var run = new Run();
            foreach (var step in history)
            {
                run.Add(step);
                run.Check();
            }
        },
        iter: 2_000);

    [Fact]
    public void Of_NoMoreThanTheKeptSteps_IsExact() => Gen.OneOf(ShortSteps, LongSteps, RisingSteps)
        .Array[1, StalingSchedule.MaximumSteps].Sample(
        history =>
        {
            var run = new Run();
            foreach (var step in history)
            {
                run.Add(step);
                Assert.True(run.IsExact);
                run.Check();
            }
        },
        iter: 2_000);

    [Fact]
    public void Add_ALaterStaling_NeverPushesADeadlineOut() => Gen.Select(Histories, LongSteps).Sample(
        (history, last) =>
        {
            var run = new Run();
            foreach (var step in history)
            {
                run.Add(step);
            }

            var before = run.Verdicts();
            run.Add(last);
            var after = run.Verdicts();
            for (var stamp = 0; stamp < before.Count; stamp++)
            {
                Assert.True(
                    after[stamp].Deadline <= before[stamp].Deadline,
                    $"The deadline of stamp {stamp} moved from {before[stamp].Deadline} to {after[stamp].Deadline}.");
            }
        },
        iter: 2_000);

    [Fact]
    public void Add_ShorterAfterLonger_TakesTheShorter()
    {
        var schedule = StalingSchedule.Add(null, new(new(1), new(100)), new(0), out _);
        schedule = StalingSchedule.Add(schedule, new(new(2), new(50)), new(0), out var expired);
        Assert.Equal(Stamp.Zero, expired);
        Assert.Equal(new StalingVerdict(true, new(50)), schedule.Of(new(0)));
        Assert.Equal(new StalingVerdict(true, new(50)), schedule.Of(new(1)));
        Assert.Equal(StalingVerdict.None, schedule.Of(new(2)));
        Assert.Equal(new Stamp(2), schedule.Newest);
    }

    [Fact]
    public void Add_LongerAfterShorter_KeepsTheShorterForOldValues()
    {
        var schedule = StalingSchedule.Add(null, new(new(1), new(50)), new(0), out _);
        schedule = StalingSchedule.Add(schedule, new(new(2), new(100)), new(0), out _);
        Assert.Equal(new StalingVerdict(true, new(50)), schedule.Of(new(0)));
        Assert.Equal(new StalingVerdict(true, new(100)), schedule.Of(new(1)));
        Assert.Equal(StalingVerdict.None, schedule.Of(new(2)));
    }

    [Fact]
    public void Add_AtTheDeadlineOfAStep_TurnsItIntoAnExpiry()
    {
        var schedule = StalingSchedule.Add(null, new(new(3), new(50)), new(0), out _);
        StalingSchedule.Add(schedule, new(new(4), new(100)), new(49), out var before);
        StalingSchedule.Add(schedule, new(new(4), new(100)), new(50), out var at);
        Assert.Equal((Stamp.Zero, new Stamp(3)), (before, at));
    }

    [Fact]
    public void Add_OneStepTooMany_JoinsTheTwoClosestDeadlines()
    {
        StalingSchedule? schedule = null;
        long[] deadlines = [100, 200, 300, 400, 410, 500, 600, 700, 800];
        for (var i = 0; i < deadlines.Length; i++)
        {
            schedule = StalingSchedule.Add(schedule, new(new(i + 1), new(deadlines[i])), new(0), out _);
        }

        var kept = Enumerable.Range(0, deadlines.Length).Select(stamp => schedule!.Of(new(stamp)).Deadline.Ticks);
        Assert.Equal([100, 200, 300, 400, 400, 500, 600, 700, 800], kept);
    }

    /// <summary>One staling: so many stamps after the last one, so much later, stale for so long.</summary>
    private sealed record Step(long Gap, long Wait, long StaleFor);

    /// <summary>A schedule beside the plain list of all stalings.</summary>
    private sealed class Run
    {
        private readonly List<Staling> _all = [];
        private StalingSchedule? _schedule;
        private Stamp _expired = Stamp.Zero;
        private Moment _now = new(0);

        /// <summary>Whether the schedule has had room for every step so far.</summary>
        public bool IsExact { get; private set; } = true;

        public void Add(Step step)
        {
            _now += TimeSpan.FromTicks(step.Wait);
            var at = new Stamp((_all.Count == 0 ? 0 : _all[^1].At.Value) + step.Gap);
            var staling = new Staling(at, _now + TimeSpan.FromTicks(step.StaleFor));
            _all.Add(staling);
            _schedule = StalingSchedule.Add(_schedule, staling, _now, out var expired);
            _expired = Stamp.Max(_expired, expired);

            // Live steps are the distinct answers that the plain list gives to values that are not expired.
            var live = Enumerable.Range(0, (int)at.Value).Select(stamp => Model(new(stamp)).Deadline).Where(deadline => deadline > _now);
            IsExact &= live.Distinct().Count() <= StalingSchedule.MaximumSteps;
        }

        public List<StalingVerdict> Verdicts() => [.. Enumerable.Range(0, (int)_all[^1].At.Value + 1).Select(stamp => Actual(new(stamp)))];

        public void Check()
        {
            Assert.Equal(_all[^1].At, _schedule!.Newest);
            for (var i = 0; i <= _all[^1].At.Value; i++)
            {
                var stamp = new Stamp(i);
                var (actual, model) = (Actual(stamp), Model(stamp));
                Assert.Equal(model.IsStale, actual.IsStale);
                Assert.True(actual.Deadline <= model.Deadline, $"Stamp {i}: {actual} is later than {model}.");

                if (IsExact && model.Deadline > _now)
                {
                    Assert.Equal(model, actual);
                }

                if (IsExact && stamp < _expired)
                {
                    Assert.True(model.Deadline <= _now, $"Stamp {i} was expired before its deadline {model.Deadline}.");
                }
            }
        }

        private StalingVerdict Actual(Stamp stamp) =>
            stamp < _expired ? new(true, Moment.Past) : _schedule!.Of(stamp);

        private StalingVerdict Model(Stamp stamp)
        {
            var after = _all.Where(staling => staling.At > stamp).ToList();
            return after.Count == 0 ? StalingVerdict.None : new(true, after.Min(staling => staling.Deadline));
        }
    }
}
