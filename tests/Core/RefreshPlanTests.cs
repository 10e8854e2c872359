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
            var plan = new RefreshPlan(batches, Silos, [], deaths: 0);
            var alive = Silos.ToHashSet();
            var works = new Dictionary<string, (int Number, int Deaths)>();
            var runs = new int[Silos.Length, batches.Length];
            foreach (var (kind, index) in steps)
            {
                var silo = Silos[index];
                plan.Reconsider(alive);
                Assert.Equal(Silos.Length - alive.Count, plan.Deaths);
                switch (kind)
                {
                    case 0 when alive.Contains(silo) && plan.Take(silo) is var (number, batch):
                        Assert.Equal(batches[number], batch);
                        Assert.True(batch.Home == silo || !alive.Contains(batch.Home));
                        Assert.True(!works.TryGetValue(silo, out var had) || had.Number == number || had.Deaths != plan.Deaths);
                        works[silo] = (number, plan.Deaths);
                        break;
                    case 1 when works.Remove(silo, out var taken):
                        var counts = taken.Deaths == plan.Deaths;
                        Assert.Equal(counts, plan.TryFinish(taken.Number, silo, taken.Deaths));
                        Assert.False(plan.TryFinish(taken.Number, silo, taken.Deaths));
                        runs[plan.Deaths, taken.Number] += counts ? 1 : 0;
                        break;
                    case 2 when alive.Count > 1 && alive.Remove(silo):
                        works.Remove(silo);
                        break;
                    case 3:
                        // The job is taken up again from storage: who works on what is forgotten, and done again.
                        plan = new(batches, plan.Seen, plan.Done, plan.Deaths);
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
                    runs[plan.Deaths, number]++;
                    Assert.True(plan.TryFinish(number, silo, plan.Deaths));
                }
            }

            Assert.True(plan.IsDone);
            Assert.Equal((0, batches.Length), (plan.Left, plan.Total));
            for (var deaths = 0; deaths < Silos.Length; deaths++)
            {
                for (var number = 0; number < batches.Length; number++)
                {
                    Assert.InRange(runs[deaths, number], deaths == plan.Deaths ? 1 : 0, 1);
                }
            }
        },
        iter: 5_000);

    [Fact]
    public void Take_Again_GivesTheSame()
    {
        var plan = new RefreshPlan([new("a", ["1"]), new("a", ["2"])], ["a", "b"], [], deaths: 0);

        Assert.Equal(0, plan.Take("a")!.Value.Number);
        Assert.Equal(0, plan.Take("a")!.Value.Number);
        Assert.Null(plan.Take("b"));
    }

    [Fact]
    public void Reconsider_ADeath_MakesEverythingDueOnceMore()
    {
        var plan = new RefreshPlan([new("a", ["1"]), new("b", ["2"])], ["a", "b", "c"], [], deaths: 0);
        foreach (var (silo, number) in new[] { ("a", 0), ("b", 1) })
        {
            plan.Take(silo);
            plan.TryFinish(number, silo, deaths: 0);
        }

        Assert.True(plan.IsDone);

        // A silo on which none of it lived: its part of the directory is gone all the same.
        plan.Reconsider(new HashSet<string> { "a", "b" });

        Assert.Equal((1, 2), (plan.Deaths, plan.Left));
        Assert.Equal(0, plan.Take("a")!.Value.Number);
        Assert.Equal(1, plan.Take("b")!.Value.Number);
        Assert.True(plan.TryFinish(0, "a", deaths: 1));
        Assert.False(plan.TryFinish(1, "b", deaths: 0));
        Assert.True(plan.TryFinish(1, "b", deaths: 1));

        Assert.True(plan.IsDone);

        // What was loaded since may have been lost with the next one.
        plan.Reconsider(new HashSet<string> { "a" });
        Assert.Equal((2, 2), (plan.Deaths, plan.Left));
    }

    [Fact]
    public void Reconsider_ASiloThatCameLater_CountsToo()
    {
        var plan = new RefreshPlan([new("a", ["1"])], ["a"], [], deaths: 0);
        plan.Reconsider(new HashSet<string> { "a", "b" });
        Assert.Equal(0, plan.Deaths);

        plan.Reconsider(new HashSet<string> { "a" });

        Assert.Equal(1, plan.Deaths);
    }

    [Fact]
    public void TryFinish_OfWorkThatWasTakenBack_CountsForNothing()
    {
        var plan = new RefreshPlan([new("a", ["1"])], ["a", "b"], [], deaths: 0);
        plan.Take("a");
        plan.Reconsider(new HashSet<string> { "b" });

        Assert.False(plan.TryFinish(0, "a", deaths: 0));
        Assert.False(plan.TryFinish(7, "a", deaths: 0));
        Assert.Equal(0, plan.Take("b")!.Value.Number);
        Assert.Equal(1, plan.Left);
    }
}
