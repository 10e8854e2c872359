using CsCheck;
using OrleansTagCache.Coherence;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Core;

public sealed class TagLedgerTests
{
    private const int A = 1;
    private const int B = 2;
    private const int Unlimited = 1_000;

    private static readonly Gen<int> SomeTags = Gen.Frequency(
        (4, Gen.Int[0, TagLedgerRun.TagCount - 1].Select(i => 1 << i)),
        (2, Gen.Int[1, TagLedgerRun.AllTags]));

    private static readonly Gen<LedgerCall[]> WithoutForgetting = Calls(forget: 0).Array[0, 40];

    private static readonly Gen<LedgerCall[]> WithForgetting = Calls(forget: 3).Array[0, 40];

    [Fact]
    public void Ledger_NothingForgotten_AgreesWithTheHistory() => WithoutForgetting.Sample(
        calls => Play(calls, Unlimited, isExact: true), iter: 1_000);

    [Fact]
    public void Ledger_Forgetting_IsSafeAndExactForStampsSinceTheMark() => WithForgetting.Sample(
        calls => Play(calls, Unlimited, isExact: true), iter: 1_500);

    [Fact]
    public void Ledger_Overflowing_IsSafeAndBounded() => Gen.Select(WithForgetting, Gen.Int[1, 3]).Sample(
        (calls, maximumUnreferenced) =>
        {
            var run = Play(calls, maximumUnreferenced, isExact: false);
            Assert.True(run.Ledger.Counts.Unreferenced <= maximumUnreferenced);
        },
        iter: 1_500);

    [Fact]
    public void Ledger_EverythingClosedAndForgotten_KeepsNoRecordAndStaysSafe() => WithForgetting.Sample(
        calls =>
        {
            var run = Play(calls, Unlimited, isExact: true);
            run.CloseAll();
            run.Ledger.Forget(run.Ledger.Stamp());
            Assert.Equal((0, 0, 0), run.Ledger.Counts);
            run.CheckAllSets(isExact: false);
            Assert.True(run.Ledger.MayKeepCopy(TagLedgerRun.Tags(TagLedgerRun.AllTags), run.Ledger.Stamp()));
        },
        iter: 500);

    [Fact]
    public void Expire_Returned_RefusesOlderStampsAndAdmitsNewerOnes()
    {
        var (ledger, before) = (new TagLedger(8), Stamp.Zero);
        var records = ledger.Attach(TagLedgerRun.Tags(A | B));
        Assert.True(ledger.IsLive(records, before));
        Assert.Equal(new Stamp(1), ledger.Expire(TagLedgerRun.Update(1), TagLedgerRun.Tags(B)));
        Assert.False(ledger.IsLive(records, before));
        Assert.False(ledger.IsLive(TagLedgerRun.Tags(B), before));
        Assert.True(ledger.IsLive(TagLedgerRun.Tags(A), before));
        Assert.True(ledger.IsLive(records, ledger.Stamp()));
    }

    [Fact]
    public void Expire_RepeatOfAnOpenUpdate_ChangesNothing()
    {
        var ledger = new TagLedger(8);
        ledger.Expire(TagLedgerRun.Update(1), TagLedgerRun.Tags(A));
        var stamp = ledger.Stamp();
        Assert.Equal(stamp, ledger.Expire(TagLedgerRun.Update(1), TagLedgerRun.Tags(A)));
        Assert.Equal(stamp, ledger.Stale(TagLedgerRun.Update(1), TagLedgerRun.Tags(A), new(5), new(0)));
        Assert.True(ledger.IsLive(TagLedgerRun.Tags(A), stamp));

        ledger.Settle(TagLedgerRun.Update(1));
        Assert.True(ledger.MayKeepCopy(TagLedgerRun.Tags(A), ledger.Stamp()));
    }

    [Fact]
    public void Expire_TagNamedTwice_IsClosedByOneSettle()
    {
        var (ledger, tag) = (new TagLedger(8), TagLedgerRun.Tags(A)[0]);
        ledger.Expire(TagLedgerRun.Update(1), [tag, tag]);
        Assert.False(ledger.MayKeepCopy([tag], ledger.Stamp()));
        ledger.Settle(TagLedgerRun.Update(1));
        Assert.True(ledger.MayKeepCopy([tag], ledger.Stamp()));
    }

    [Fact]
    public void Settle_OneOfTwoUpdates_LeavesTheOtherOpen()
    {
        var (ledger, tags) = (new TagLedger(8), TagLedgerRun.Tags(A));
        ledger.Expire(TagLedgerRun.Update(1), tags);
        ledger.Expire(TagLedgerRun.Update(2), tags);
        ledger.Settle(TagLedgerRun.Update(1));
        Assert.False(ledger.MayKeepCopy(tags, ledger.Stamp()));
        ledger.Settle(TagLedgerRun.Update(2));
        Assert.True(ledger.MayKeepCopy(tags, ledger.Stamp()));
    }

    [Fact]
    public void Settle_TakesAClockStepOfItsOwn()
    {
        var (ledger, tags) = (new TagLedger(8), TagLedgerRun.Tags(A));
        ledger.Expire(TagLedgerRun.Update(1), tags);
        var whileOpen = ledger.Stamp();
        ledger.Settle(TagLedgerRun.Update(1));
        Assert.True(whileOpen < ledger.Stamp());
        Assert.False(ledger.MayKeepCopy(tags, whileOpen));
        Assert.True(ledger.IsLive(tags, whileOpen));
        Assert.True(ledger.MayKeepCopy(tags, ledger.Stamp()));
    }

    [Fact]
    public void Settle_Unknown_ChangesNothing()
    {
        var ledger = new TagLedger(8);
        ledger.Settle(TagLedgerRun.Update(1));
        Assert.Equal(Stamp.Zero, ledger.Stamp());
    }

    [Fact]
    public void ExpireEverything_RefusesTagsThatNobodyNamed()
    {
        var ledger = new TagLedger(8);
        var records = ledger.Attach(TagLedgerRun.Tags(A));
        var before = ledger.Stamp();
        ledger.ExpireEverything();
        Assert.False(ledger.IsLive(records, before));
        Assert.False(ledger.IsLive(ReadOnlySpan<TagId>.Empty, before));
        Assert.False(ledger.MayKeepCopy(TagLedgerRun.Tags(B), before));
        Assert.True(ledger.IsLive(records, ledger.Stamp()));
    }

    [Fact]
    public void Forget_RecordMadeAfterwards_StartsAtTheFloor()
    {
        var (ledger, before) = (new TagLedger(8), Stamp.Zero);
        ledger.Expire(TagLedgerRun.Update(1), TagLedgerRun.Tags(A));
        ledger.Settle(TagLedgerRun.Update(1));
        ledger.Forget(ledger.Stamp());
        Assert.Equal(0, ledger.Counts.Records);

        Assert.False(ledger.IsLive(TagLedgerRun.Tags(A), before));
        var records = ledger.Attach(TagLedgerRun.Tags(A));
        Assert.False(ledger.IsLive(records, before));
        Assert.False(ledger.MayKeepCopy(TagLedgerRun.Tags(A), before));
        Assert.True(ledger.IsLive(records, ledger.Stamp()));
    }

    [Fact]
    public void Forget_HeldOrOpenRecords_AreKept()
    {
        var ledger = new TagLedger(8);
        ledger.Attach(TagLedgerRun.Tags(A));
        ledger.Expire(TagLedgerRun.Update(1), TagLedgerRun.Tags(A | B));
        ledger.Forget(ledger.Stamp());
        Assert.Equal((2, 0, 1), ledger.Counts);
        Assert.True(ledger.IsLive(TagLedgerRun.Tags(4), Stamp.Zero));
    }

    [Fact]
    public void Overflow_MakesTheOldestKnowledgeTheFloor()
    {
        var ledger = new TagLedger(2);
        for (var tag = 0; tag < 3; tag++)
        {
            ledger.Expire(TagLedgerRun.Update(tag), TagLedgerRun.Tags(1 << tag));
            ledger.Settle(TagLedgerRun.Update(tag));
        }

        Assert.True(ledger.Counts.Unreferenced <= 2);
        Assert.False(ledger.IsLive(TagLedgerRun.Tags(1), Stamp.Zero));
        Assert.False(ledger.IsLive(TagLedgerRun.Tags(8), Stamp.Zero));
        Assert.False(ledger.IsLive(TagLedgerRun.Tags(4), new(4)));
        Assert.True(ledger.IsLive(TagLedgerRun.Tags(TagLedgerRun.AllTags), ledger.Stamp()));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TagLedger(0));
    }

    private static TagLedgerRun Play(LedgerCall[] calls, int maximumUnreferenced, bool isExact)
    {
        var run = new TagLedgerRun(maximumUnreferenced);
        foreach (var call in calls)
        {
            run.Apply(call);
            run.Check(isExact);
        }

        run.CheckAllSets(isExact);
        return run;
    }

    private static Gen<LedgerCall> Calls(int forget) => Gen.Select(
        Gen.Frequency(
            (5, Gen.Const(LedgerVerb.Expire)),
            (3, Gen.Const(LedgerVerb.Stale)),
            (6, Gen.Const(LedgerVerb.Settle)),
            (1, Gen.Const(LedgerVerb.ExpireEverything)),
            (4, Gen.Const(LedgerVerb.Attach)),
            (4, Gen.Const(LedgerVerb.Detach)),
            (3, Gen.Const(LedgerVerb.Hold)),
            (3, Gen.Const(LedgerVerb.Release)),
            (forget, Gen.Const(LedgerVerb.Forget)),
            (2, Gen.Const(LedgerVerb.Wait))),
        SomeTags,
        Gen.Int[0, 4],
        Gen.Int[0, 20],
        (verb, tags, which, amount) => new LedgerCall(verb, tags, which, amount));
}
