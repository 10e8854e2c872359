using CsCheck;
using OrleansTagCache.Coherence;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Core;

public sealed class OpenUpdatesTests
{
    private static readonly string[] Coordinators = ["a", "b"];

    [Fact]
    public void Arrived_New_IsOpenUntilItIsSettled()
    {
        var updates = new OpenUpdates<string>();
        Assert.Equal(Arrival.First, updates.Arrived("a", Change("a", 1)));
        Assert.Equal([Change("a", 1).Id], Ids(updates, "a"));
        Assert.Equal(1, updates.Count);

        updates.Settle(Change("a", 1).Id);
        Assert.Empty(updates.Of("a"));
        Assert.Equal(0, updates.Count);
    }

    [Fact]
    public void Arrived_Repeat_IsOpenOnce()
    {
        var updates = new OpenUpdates<string>();
        Assert.Equal(Arrival.First, updates.Arrived("a", Change("a", 1)));
        Assert.Equal(Arrival.Repeated, updates.Arrived("a", Change("a", 1)));
        Assert.Equal(1, updates.Count);
        updates.Settle(Change("a", 1).Id);
        Assert.Equal(0, updates.Count);
    }

    [Fact]
    public void Arrived_KeepsTheWholeChange()
    {
        var updates = new OpenUpdates<string>();
        var change = new TagUpdate(new(Guid.Empty, 4), [TagId.OfTag(CacheNamespace.Default, "t")], TimeSpan.FromSeconds(3));
        updates.Arrived("a", change);
        Assert.Same(change, Assert.Single(updates.Of("a")));
    }

    [Fact]
    public void Settle_One_LeavesTheOthersOpen()
    {
        var updates = new OpenUpdates<string>();
        updates.Arrived("a", Change("a", 1));
        updates.Arrived("a", Change("a", 2));
        updates.Arrived("b", Change("b", 1));
        updates.Settle(Change("a", 1).Id);
        Assert.Equal([Change("a", 2).Id], Ids(updates, "a"));
        Assert.Equal([Change("b", 1).Id], Ids(updates, "b"));
    }

    [Fact]
    public void Settle_AnotherOne_ChangesNothing()
    {
        var updates = new OpenUpdates<string>();
        updates.Arrived("a", Change("a", 1));
        updates.Settle(Change("a", 2).Id);
        updates.Settle(Change("b", 1).Id);
        Assert.Equal([Change("a", 1).Id], Ids(updates, "a"));
    }

    [Fact]
    public void Arrived_LateRepeatOfOneThatWasSettledBeforeItsElders_IsNotOpened()
    {
        var updates = new OpenUpdates<string>();
        updates.Arrived("a", Change("a", 1));
        updates.Arrived("a", Change("a", 2));
        updates.Settle(Change("a", 2).Id);
        Assert.Equal(Arrival.Settled, updates.Arrived("a", Change("a", 2)));
        Assert.Equal([Change("a", 1).Id], Ids(updates, "a"));
    }

    [Fact]
    public void SettleBefore_SettlesEverythingOlderOfThatCoordinatorOnly()
    {
        var updates = new OpenUpdates<string>();
        for (var i = 1; i <= 3; i++)
        {
            updates.Arrived("a", Change("a", i));
            updates.Arrived("b", Change("b", i));
        }

        Assert.Equal([Change("a", 1).Id, Change("a", 2).Id], updates.SettleBefore("a", Change("a", 0).Id.Coordinator, 3).OrderBy(id => id.Sequence));
        Assert.Equal([Change("a", 3).Id], Ids(updates, "a"));
        Assert.Equal(3, updates.Of("b").Count);
    }

    [Fact]
    public void Arrived_LateRepeatOfWhatTheCoordinatorHasSettled_IsNotOpened()
    {
        var updates = new OpenUpdates<string>();
        updates.Arrived("a", Change("a", 1));
        updates.SettleBefore("a", Change("a", 0).Id.Coordinator, 2);
        Assert.Equal(Arrival.Settled, updates.Arrived("a", Change("a", 1)));
        Assert.Equal(0, updates.Count);
        Assert.Equal(Arrival.First, updates.Arrived("a", Change("a", 2)));
        Assert.Equal(Arrival.First, updates.Arrived("b", Change("b", 1)));
    }

    [Fact]
    public void SettleBefore_HeardBeforeTheFirstChange_RefusesTheLateOnes()
    {
        var updates = new OpenUpdates<string>();
        Assert.Empty(updates.SettleBefore("a", Change("a", 0).Id.Coordinator, 5));
        Assert.Equal(Arrival.Settled, updates.Arrived("a", Change("a", 4)));
        Assert.Equal(Arrival.First, updates.Arrived("a", Change("a", 5)));
    }

    [Fact]
    public void SettleBefore_AnOlderNumberThatComesLate_ChangesNothing()
    {
        var updates = new OpenUpdates<string>();
        updates.SettleBefore("a", Change("a", 0).Id.Coordinator, 5);
        Assert.Empty(updates.SettleBefore("a", Change("a", 0).Id.Coordinator, 2));
        Assert.Equal(Arrival.Settled, updates.Arrived("a", Change("a", 3)));
    }

    [Fact]
    public void Forget_KeepsWhatIsOpenAndWhoIsNotGone()
    {
        var updates = new OpenUpdates<string>();
        updates.Arrived("a", Change("a", 1));
        updates.SettleBefore("b", Change("b", 0).Id.Coordinator, 5);
        updates.Forget(silo => silo == "a");
        Assert.Equal([Change("a", 1).Id], Ids(updates, "a"));
        Assert.Equal(Arrival.Settled, updates.Arrived("b", Change("b", 4)));
    }

    [Fact]
    public void Updates_RandomCalls_AgreesWithASetOfOpenOnes() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 1], Gen.Long[1, 8]).Array[0, 60].Sample(
            calls =>
            {
                var (updates, open, settled) = (new OpenUpdates<string>(), new HashSet<UpdateId>(), new HashSet<UpdateId>());
                var before = new long[Coordinators.Length];
                foreach (var (what, who, number) in calls)
                {
                    var (coordinator, change) = (Coordinators[who], Change(Coordinators[who], number));
                    if (what == 0)
                    {
                        updates.Settle(change.Id);
                        settled.Add(change.Id);
                        open.Remove(change.Id);
                    }
                    else if (what == 1)
                    {
                        before[who] = Math.Max(before[who], number);
                        var older = open.Where(id => id.Coordinator == change.Id.Coordinator && id.Sequence < number).ToList();
                        Assert.Equal(older.ToHashSet(), [.. updates.SettleBefore(coordinator, change.Id.Coordinator, number)]);
                        open.ExceptWith(older);
                    }
                    else
                    {
                        var isSettled = settled.Contains(change.Id) || number < before[who];
                        var expected = isSettled ? Arrival.Settled : open.Contains(change.Id) ? Arrival.Repeated : Arrival.First;
                        Assert.Equal(expected, updates.Arrived(coordinator, change));
                        if (!isSettled)
                        {
                            open.Add(change.Id);
                        }
                    }

                    Assert.Equal(open.Count, updates.Count);
                    Assert.Equal(open, Coordinators.SelectMany(silo => Ids(updates, silo)).ToHashSet());
                }
            },
            iter: 2_000);

    private static TagUpdate Change(string coordinator, long sequence) =>
        new(new(new Guid(coordinator[0], 0, 0, new byte[8]), sequence), [], null);

    private static IEnumerable<UpdateId> Ids(OpenUpdates<string> updates, string coordinator) =>
        updates.Of(coordinator).Select(change => change.Id);
}
