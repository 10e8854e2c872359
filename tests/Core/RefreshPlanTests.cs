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
    public void Take_WhateverHappens_EveryBatchIsDoneWhereItsEntriesLive() => Gen.Select(Homes, Steps).Sample(
        (homes, steps) =>
        {
            PlannedBatch[] batches = [.. homes.Select((home, number) => new PlannedBatch(Silos[home], [$"key{number}"]))];
            var plan = new RefreshPlan(batches, [], []);
            var alive = Silos.ToHashSet();
            var works = new Dictionary<string, int>();
            var runs = new int[batches.Length];
            var doneAlive = new HashSet<int>();
            var deaths = 0;
            foreach (var (kind, index) in steps)
            {
                var silo = Silos[index];
                plan.Reconsider(alive);
                switch (kind)
                {
                    case 0 when alive.Contains(silo) && plan.Take(silo) is var (number, batch, loadMissing):
                        Assert.Equal(batches[number], batch);
                        Assert.Equal(loadMissing, !alive.Contains(batch.Home));
                        Assert.True(loadMissing || batch.Home == silo);
                        Assert.True(!works.TryGetValue(silo, out var had) || had == number);
                        works[silo] = number;
                        break;
                    case 1 when works.Remove(silo, out var taken):
                        runs[taken]++;
                        Assert.True(plan.TryFinish(taken, silo));
                        Assert.False(plan.TryFinish(taken, silo));
                        doneAlive.Add(taken);
                        break;
                    case 2 when alive.Count > 1 && alive.Remove(silo):
                        deaths++;
                        works.Remove(silo);
                        doneAlive.RemoveWhere(number => batches[number].Home == silo && runs[number] > 0);
                        break;
                    case 3:
                        // The job is taken up again from storage: who works on what is forgotten, and done again.
                        var (atHome, rescued) = plan.Done;
                        plan = new(batches, atHome, rescued);
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
                while (plan.Take(silo) is var (number, _, _))
                {
                    runs[number]++;
                    Assert.True(plan.TryFinish(number, silo));
                }
            }

            Assert.True(plan.IsDone);
            Assert.Equal(0, plan.Left);
            Assert.Equal(batches.Length, plan.Total);
            Assert.All(runs, count => Assert.InRange(count, 1, 2));
        },
        iter: 5_000);

    [Fact]
    public void Take_Again_GivesTheSame()
    {
        var plan = new RefreshPlan([new("a", ["1"]), new("a", ["2"])], [], []);

        Assert.Equal(0, plan.Take("a")!.Value.Number);
        Assert.Equal(0, plan.Take("a")!.Value.Number);
        Assert.Null(plan.Take("b"));
    }

    [Fact]
    public void Reconsider_ADeathAfterTheWork_HasItDoneAgainElsewhereWithWhatIsMissing()
    {
        var plan = new RefreshPlan([new("a", ["1"])], [], []);
        plan.Take("a");
        plan.TryFinish(0, "a");
        Assert.True(plan.IsDone);

        plan.Reconsider(new HashSet<string> { "b" });

        Assert.False(plan.IsDone);
        Assert.True(plan.Take("b")!.Value.LoadMissing);
        Assert.True(plan.TryFinish(0, "b"));
        Assert.Empty(plan.Done.AtHome);
        Assert.Equal([0], plan.Done.Rescued);

        // Done after the death: no other death undoes it.
        plan.Reconsider(new HashSet<string> { "c" });
        Assert.True(plan.IsDone);
    }

    [Fact]
    public void TryFinish_OfWorkThatWasTakenBack_CountsForNothing()
    {
        var plan = new RefreshPlan([new("a", ["1"])], [], []);
        plan.Take("a");
        plan.Reconsider(new HashSet<string> { "b" });

        Assert.False(plan.TryFinish(0, "a"));
        Assert.False(plan.TryFinish(7, "a"));
        Assert.Equal(1, plan.Left);
    }
}
