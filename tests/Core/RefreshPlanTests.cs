using CsCheck;
using OrleansTagCache.Refreshing;
using Xunit;

namespace OrleansTagCache.Tests.Core;

/// <summary>A pass is done once, whatever the silos do; and once more for what a silo took with it when it died.</summary>
public sealed class RefreshPlanTests
{
    private static readonly string[] Silos = ["a", "b", "c"];

    private static readonly Gen<(int Kind, int Silo)[]> Steps = Gen.Select(Gen.Frequency((8, Gen.Const(0)), (8, Gen.Const(1)), (1, Gen.Const(2)), (2, Gen.Const(3))), Gen.Int[0, 2]).Array[0, 120];

    private static readonly Gen<int[]> Homes = Gen.Int[0, 2].Array[0, 20];

    /// <summary>Takes, reports, deaths, and crashes of the job itself, which goes on with what it had stored.</summary>
    [Fact]
    public void Take_WhateverHappens_EveryBatchIsDoneOnceAndOnceMoreAfterADeath() => Gen.Select(Homes, Steps).Sample(
        (homes, steps) =>
        {
            PlannedBatch[] batches = [.. homes.Select((home, number) => new PlannedBatch(Silos[home], [$"key{number}"]))];
            var plan = new RefreshPlan(batches, Silos, [], isRescue: false);
            var alive = Silos.ToHashSet();
            var works = new Dictionary<string, (int Number, bool IsRescue)>();
            var runs = new int[batches.Length];
            var rescues = new int[batches.Length];
            foreach (var (kind, index) in steps)
            {
                var silo = Silos[index];
                plan.Reconsider(alive);
                Assert.Equal(alive.Count < Silos.Length, plan.IsRescue);
                switch (kind)
                {
                    case 0 when alive.Contains(silo) && plan.Take(silo) is var (number, batch):
                        Assert.Equal(batches[number], batch);
                        Assert.True(batch.Home == silo || !alive.Contains(batch.Home));
                        Assert.True(!works.TryGetValue(silo, out var had) || had.Number == number || had.IsRescue != plan.IsRescue);
                        works[silo] = (number, plan.IsRescue);
                        break;
                    case 1 when works.Remove(silo, out var taken):
                        var counts = taken.IsRescue == plan.IsRescue;
                        Assert.Equal(counts, plan.TryFinish(taken.Number, silo, taken.IsRescue));
                        Assert.False(plan.TryFinish(taken.Number, silo, taken.IsRescue));
                        (plan.IsRescue ? rescues : runs)[taken.Number] += counts ? 1 : 0;
                        break;
                    case 2 when alive.Count > 1 && alive.Remove(silo):
                        works.Remove(silo);
                        break;
                    case 3:
                        // The job is taken up again from storage: who works on what is forgotten, and done again.
                        plan = new(batches, Silos, plan.Done, plan.IsRescue);
                        works.Clear();
                        break;
                    default:
                        break;
                }
            }

            // Those that are alive finish it.
            plan.Reconsider(alive);
            foreach (var silo in alive)
            {
                while (plan.Take(silo) is var (number, _))
                {
                    (plan.IsRescue ? rescues : runs)[number]++;
                    Assert.True(plan.TryFinish(number, silo, plan.IsRescue));
                }
            }

            Assert.True(plan.IsDone);
            Assert.Equal((0, batches.Length), (plan.Left, plan.Total));
            Assert.All(plan.IsRescue ? rescues : runs, count => Assert.Equal(1, count));
            Assert.All(runs, count => Assert.InRange(count, 0, 1));
        },
        iter: 5_000);

    [Fact]
    public void Take_Again_GivesTheSame()
    {
        var plan = new RefreshPlan([new("a", ["1"]), new("a", ["2"])], ["a", "b"], [], isRescue: false);

        Assert.Equal(0, plan.Take("a")!.Value.Number);
        Assert.Equal(0, plan.Take("a")!.Value.Number);
        Assert.Null(plan.Take("b"));
    }

    [Fact]
    public void Reconsider_ADeath_MakesEverythingDueOnceMore()
    {
        var plan = new RefreshPlan([new("a", ["1"]), new("b", ["2"])], ["a", "b", "c"], [], isRescue: false);
        foreach (var (silo, number) in new[] { ("a", 0), ("b", 1) })
        {
            plan.Take(silo);
            plan.TryFinish(number, silo, asRescue: false);
        }

        Assert.True(plan.IsDone);

        // A silo on which none of it lived: its part of the directory is gone all the same.
        plan.Reconsider(new HashSet<string> { "a", "b" });

        Assert.Equal((true, 2), (plan.IsRescue, plan.Left));
        Assert.Equal(0, plan.Take("a")!.Value.Number);
        Assert.Equal(1, plan.Take("b")!.Value.Number);
        Assert.True(plan.TryFinish(0, "a", asRescue: true));
        Assert.False(plan.TryFinish(1, "b", asRescue: false));
        Assert.True(plan.TryFinish(1, "b", asRescue: true));

        // Done after a death: no other death undoes it.
        plan.Reconsider(new HashSet<string> { "a" });
        Assert.True(plan.IsDone);
    }

    [Fact]
    public void Reconsider_ASiloThatCameLater_CountsToo()
    {
        var plan = new RefreshPlan([new("a", ["1"])], ["a"], [], isRescue: false);
        plan.Reconsider(new HashSet<string> { "a", "b" });
        Assert.False(plan.IsRescue);

        plan.Reconsider(new HashSet<string> { "a" });

        Assert.True(plan.IsRescue);
    }

    [Fact]
    public void TryFinish_OfWorkThatWasTakenBack_CountsForNothing()
    {
        var plan = new RefreshPlan([new("a", ["1"])], ["a", "b"], [], isRescue: false);
        plan.Take("a");
        plan.Reconsider(new HashSet<string> { "b" });

        Assert.False(plan.TryFinish(0, "a", asRescue: false));
        Assert.False(plan.TryFinish(7, "a", asRescue: false));
        Assert.Equal(0, plan.Take("b")!.Value.Number);
        Assert.Equal(1, plan.Left);
    }
}
