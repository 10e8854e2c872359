using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Seams;
using OrleansTagCache.Simulation.Search;
using Xunit;

namespace OrleansTagCache.Simulation;

public sealed class RandomScheduleTests
{
    /// <summary>What random schedules seldom do: a small configuration must show it.</summary>
    private static readonly Deed[] TooRare = [Deed.HeldBackNear, Deed.SoftHitNear, Deed.SinceNested];

    private static readonly Deed[] OfJointUpdates = [Deed.EndedByWalk, Deed.EndedNear];

    private static readonly Deed[] OfSoftTags = [Deed.SoftHit, Deed.SoftRefused, Deed.CopyBroughtTags];

    private static readonly Deed[] OfSets = [Deed.SinceStored, Deed.SinceSuperseded, Deed.SinceBroughtTags];

    [Fact]
    public void Protocol_UnderRandomSchedules_KeepsThePromise()
    {
        var (seed, activity) = RandomSearch.Run(first: 0, seeds: 500, steps: 5_000, Mutant.None);

        Assert.True(seed is null, $"Broken by seed {seed}: dotnet run --project tests/Simulation -c Release -- --seed {seed}");

        // A run in which nothing happens keeps every promise.
        Assert.InRange(activity.Changes, 5_000, long.MaxValue);
        Assert.InRange(activity.Hits, 5_000, long.MaxValue);
        Assert.All(Enum.GetValues<Deed>().Except(TooRare).Except(OfJointUpdates).Except(OfSoftTags).Except(OfSets).Except([Deed.LeftAlone]), deed => Assert.InRange(activity.Deeds[(int)deed], 50, int.MaxValue));
    }

    [Fact]
    public void Protocol_UnderRandomSchedulesWithUpdatesOfAllOfSeveralTags_KeepsThePromise()
    {
        var (seed, activity) = RandomSearch.Run(RandomSearch.FirstJoint, seeds: 120, steps: 5_000, Mutant.None);

        Assert.True(seed is null, $"Broken by seed {seed}: dotnet run --project tests/Simulation -c Release -- --seed {seed}");
        Assert.All(OfJointUpdates, deed => Assert.InRange(activity.Deeds[(int)deed], 50, int.MaxValue));
    }

    [Fact]
    public void Protocol_UnderRandomSchedulesWithSoftTags_KeepsThePromise()
    {
        var (seed, activity) = RandomSearch.Run(RandomSearch.FirstSoft, seeds: 120, steps: 5_000, Mutant.None);

        Assert.True(seed is null, $"Broken by seed {seed}: dotnet run --project tests/Simulation -c Release -- --seed {seed}");
        Assert.All(OfSoftTags, deed => Assert.InRange(activity.Deeds[(int)deed], 20, int.MaxValue));
    }

    [Fact]
    public void Protocol_UnderRandomSchedulesWithSetsSinceMoments_KeepsThePromise()
    {
        var (seed, activity) = RandomSearch.Run(RandomSearch.FirstSince, seeds: 200, steps: 5_000, Mutant.None);

        Assert.True(seed is null, $"Broken by seed {seed}: dotnet run --project tests/Simulation -c Release -- --seed {seed}");
        Assert.All(OfSets, deed => Assert.InRange(activity.Deeds[(int)deed], 50, int.MaxValue));
    }

    [Fact]
    public void Seed_RunTwice_GivesTheSameEvents()
    {
        var first = RandomSearch.Run(seed: 7, steps: 1_000, Mutant.None, isWatched: true);
        var second = RandomSearch.Run(seed: 7, steps: 1_000, Mutant.None, isWatched: true);

        Assert.Equal(first.Outcome.Lines, second.Outcome.Lines);
    }
}

public sealed class SmallConfigurationTests
{
    public static TheoryData<string> Names => [.. Configurations.All.Select(configuration => configuration.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Protocol_UnderEverySchedule_KeepsThePromise(string name)
    {
        var found = new ExhaustiveSearch(Configurations.Named(name)).Run();

        Assert.True(found.Violation is null, $"{found.Violation}\n{string.Join('\n', found.Lines)}");
        Assert.True(found.IsComplete, $"{found.States} states, and there are more.");
        Assert.Empty(found.Missing);
    }
}

public sealed class MutantTests
{
    public static TheoryData<string> Names => [.. Mutants.All.Select(mutant => mutant.ToString())];

    [Theory]
    [MemberData(nameof(Names))]
    public void Mutant_InItsSmallConfiguration_IsCaught(string name)
    {
        var mutant = Enum.Parse<Mutant>(name);

        var found = Catches.Exhaust(mutant);

        Assert.True(found.Violation is not null, $"{name} was not caught in {found.States} states of {Catches.ConfigurationOf(mutant)}.");
        Assert.NotEmpty(found.Lines);
    }
}
