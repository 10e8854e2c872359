using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Scheduling;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>When schedules are due, what is run of that, and what the options refuse.</summary>
public sealed class ScheduleTests
{
    private readonly FakeTimeProvider _time = new(At("2026-03-28T12:00:00Z"));
    private readonly StoredSchedule _state = new();

    [Fact]
    public void Due_DayByDay_RunsEachOnce()
    {
        var schedule = Of("0 3 * * *");

        Assert.Equal(["2026-03-29T03:00Z", "2026-03-30T03:00Z", "2026-03-31T03:00Z"], Run(schedule, TimeSpan.FromDays(3), step: TimeSpan.FromMinutes(7)));
    }

    /// <summary>On 29 March 2026 the clocks of Berlin go from 2 h to 3 h: half past two is due at the moment at which they do.</summary>
    [Fact]
    public void Due_AtATimeThatTheClocksSkip_IsRunWhenTheyHaveGoneForward()
    {
        var schedule = Of("30 2 * * *", "Europe/Berlin");

        Assert.Equal(["2026-03-29T01:00Z", "2026-03-30T00:30Z"], Run(schedule, TimeSpan.FromDays(1.9), step: TimeSpan.FromMinutes(1)));
    }

    /// <summary>On 25 October 2026 the clocks of Berlin go from 3 h back to 2 h: half past two comes twice.</summary>
    [Fact]
    public void Due_AtATimeThatTheClocksRepeat_IsRunTheFirstTime()
    {
        _time.SetUtcNow(At("2026-10-24T12:00:00Z"));
        var schedule = Of("30 2 * * *", "Europe/Berlin");

        Assert.Equal(["2026-10-25T00:30Z", "2026-10-26T01:30Z"], Run(schedule, TimeSpan.FromDays(1.9), step: TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void Due_AtIntervalsWhileTheClocksRepeatAnHour_GoesOnThroughBoth()
    {
        _time.SetUtcNow(At("2026-10-24T23:59:00Z"));
        var schedule = Of("*/30 * * * *", "Europe/Berlin");

        Assert.Equal(
            ["2026-10-25T00:00Z", "2026-10-25T00:30Z", "2026-10-25T01:00Z", "2026-10-25T01:30Z", "2026-10-25T02:00Z"],
            Run(schedule, TimeSpan.FromMinutes(125), step: TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void Due_WhileTheClusterWasDown_RunsTheLastOnce()
    {
        var schedule = Of("0 3 * * *");
        Run(schedule, TimeSpan.FromHours(20), step: TimeSpan.FromMinutes(10));

        _time.Advance(TimeSpan.FromDays(3));

        Assert.Equal(["2026-04-01T03:00Z"], Run(schedule, TimeSpan.FromHours(1), step: TimeSpan.FromMinutes(10)));
    }

    [Fact]
    public void Due_WhileTheClusterWasDown_IsSkippedIfTheOptionsSaySo()
    {
        var schedule = Of("0 3 * * *", skipsMissed: true);
        Run(schedule, TimeSpan.FromHours(20), step: TimeSpan.FromMinutes(10));

        _time.Advance(TimeSpan.FromDays(3));

        Assert.Equal(["2026-04-02T03:00Z"], Run(schedule, TimeSpan.FromHours(20), step: TimeSpan.FromSeconds(30)));
    }

    /// <summary>The silo died between the note of the run and its end: with either setting it is run again.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Due_WhenARunWasInterrupted_IsRunAgain(bool skipsMissed)
    {
        var schedule = Of("0 3 * * *", skipsMissed: skipsMissed);
        Run(schedule, TimeSpan.FromHours(10), step: TimeSpan.FromMinutes(10));
        _state.Begun = At("2026-03-29T03:00:00Z");

        _time.SetUtcNow(At("2026-03-29T04:00:00Z"));

        Assert.Equal(At("2026-03-29T03:00:00Z"), schedule.Due(_state, _time.GetUtcNow()));
    }

    [Fact]
    public void Due_WhenTheClockWasSetBackALittle_IsNotRunTwice()
    {
        var schedule = Of("0 * * * *");
        Assert.Equal(["2026-03-28T13:00Z"], Run(schedule, TimeSpan.FromMinutes(70), step: TimeSpan.FromMinutes(1)));

        Assert.Equal(["2026-03-28T14:00Z"], Run(schedule, TimeSpan.FromMinutes(90), step: TimeSpan.FromMinutes(1), from: At("2026-03-28T12:50:00Z")));
    }

    /// <summary>The clock had been a year ahead: the schedule does not wait for that year.</summary>
    [Fact]
    public void Due_WhenTheClockWasSetBackFar_GoesOnFromTheNewDate()
    {
        var schedule = Of("0 * * * *");
        Run(schedule, TimeSpan.FromMinutes(5), step: TimeSpan.FromMinutes(1));
        _time.Advance(TimeSpan.FromDays(365));
        Run(schedule, TimeSpan.FromMinutes(70), step: TimeSpan.FromMinutes(1));

        Assert.Equal(["2026-03-28T13:00Z"], Run(schedule, TimeSpan.FromMinutes(70), step: TimeSpan.FromMinutes(1), from: At("2026-03-28T12:00:00Z")));
    }

    [Fact]
    public void Last_OfEverySecondOfAYear_IsFoundWithoutCountingThem()
    {
        var due = DueTimes.Parse("* * * * * *", "UTC");

        Assert.Equal(At("2027-03-28T12:00:00Z"), due.Last(At("2026-03-28T12:00:00Z"), At("2027-03-28T12:00:00.5Z")));
        Assert.Null(due.Last(At("2027-03-28T12:00:00Z"), At("2027-03-28T12:00:00.5Z")));
    }

    [Fact]
    public void Validate_NamesEverySettingThatIsWrong()
    {
        var options = new TagCacheOptions();
        options.Schedules["Wrong Name"] = new() { Tags = ["a"], Cron = "0 3 * * *" };
        options.Schedules["no-tags"] = new() { Cron = "0 3 * * *" };
        options.Schedules["tag"] = new() { Tags = [new string('a', 257)], Cron = "0 3 * * *" };
        options.Schedules["cron"] = new() { Tags = ["a"], Cron = "0 25 * * *" };
        options.Schedules["none"] = new() { Tags = ["a"] };
        options.Schedules["zone"] = new() { Tags = ["a"], Cron = "0 3 * * *", TimeZone = "Mars/Olympus" };
        options.Schedules["profile"] = new() { Tags = ["a"], Cron = "0 3 * * *", Profile = "unknown" };
        options.Schedules["update"] = new() { Tags = ["a"], Cron = "0 3 * * *", Action = ScheduledAction.Update, Profile = "max" };
        options.Schedules["action"] = new() { Tags = ["a"], Cron = "0 3 * * *", Action = (ScheduledAction)9 };
        options.Schedules["namespace"] = new() { Tags = ["a"], Cron = "0 3 * * *", Namespace = "" };

        string[] faults = [.. new TagCacheOptionsValidator().Validate(null, options).Failures!];

        Assert.Equal(
            [
                "TagCache:Schedules:Wrong Name", "TagCache:Schedules:no-tags:Tags", "TagCache:Schedules:tag:Tags", "TagCache:Schedules:cron:Cron", "TagCache:Schedules:none:Cron", "TagCache:Schedules:zone:TimeZone",
                "TagCache:Schedules:profile:Profile", "TagCache:Schedules:update:Profile", "TagCache:Schedules:action:Action", "TagCache:Schedules:namespace:Namespace",
            ],
            faults.Select(fault => fault.Split([": ", " must", " applies"], StringSplitOptions.None)[0]));
    }

    /// <summary>Another definition is another schedule, whose due times are its own; the same one is the same in every silo.</summary>
    [Fact]
    public void Key_FollowsTheDefinition()
    {
        string Key(TagScheduleOptions options) => ScheduleKeeper.Of("night", options, "default", new()).Key;

        Assert.Equal(Key(new() { Tags = ["a"], Cron = "0 3 * * *" }), Key(new() { Tags = ["a"], Cron = "0 3 * * *" }));
        Assert.NotEqual(Key(new() { Tags = ["a"], Cron = "0 3 * * *" }), Key(new() { Tags = ["a"], Cron = "0 2 * * *" }));
        Assert.NotEqual(Key(new() { Tags = ["a"], Cron = "0 3 * * *" }), Key(new() { Tags = ["a"], Cron = "0 3 * * *", Namespace = "other" }));
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static Schedule Of(string cron, string zone = "UTC", bool skipsMissed = false) => new(DueTimes.Parse(cron, zone), skipsMissed);

    /// <summary>Looks at the schedule step by step, and runs what is due.</summary>
    private List<string> Run(Schedule schedule, TimeSpan length, TimeSpan step, DateTimeOffset? from = null)
    {
        var runs = new List<string>();
        var now = from ?? _time.GetUtcNow();
        var end = now + length;
        for (; now <= end; now += step)
        {
            if (schedule.Due(_state, now) is { } due)
            {
                runs.Add(due.ToString("yyyy-MM-ddTHH:mm'Z'", System.Globalization.CultureInfo.InvariantCulture));
                (_state.Begun, _state.Reached) = (due, due);
            }
        }

        if (from is null)
        {
            _time.SetUtcNow(end);
        }

        return runs;
    }
}
