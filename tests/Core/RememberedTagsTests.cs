using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Core;

/// <summary>What a ledger remembers for readers who name tags that entries do not bear.</summary>
public sealed class RememberedTagsTests
{
    private static readonly CacheNamespace Home = CacheNamespace.Default;
    private static readonly Moment Now = new(1_000);

    private readonly TagLedger _ledger = new(1_000, maximumRemembered: 4);
    private long _sequence;

    [Fact]
    public void Update_IsSeenByThoseWhoNameItsTag_OnlyIfItIsRemembered()
    {
        var before = _ledger.Stamp();
        Update(remember: false, "a");
        Assert.Equal(Freshness.Fresh, Verdict(before, "a"));

        var at = Update(remember: true, "a", "b").At;

        Assert.Equal((Freshness.Expired, Freshness.Expired, Freshness.Fresh), (Verdict(before, "a"), Verdict(before, "c", "b"), Verdict(before, "c")));
        Assert.Equal(Freshness.Fresh, Verdict(at, "a", "b"));
        Assert.Equal(Freshness.Fresh, _ledger.SoftVerdict(CacheNamespace.Parse("other"), ["a"], before, Now));
    }

    [Fact]
    public void Revalidation_MakesStale_AndExpiresAtItsDeadline()
    {
        var before = _ledger.Stamp();
        var at = _ledger.Stale(Next(), [Tag("a")], new(2_000), Now, remember: true);

        Assert.Equal((Freshness.Stale, Freshness.Fresh), (Verdict(before, "a"), Verdict(at, "a")));
        Assert.Equal(Freshness.Expired, _ledger.SoftVerdict(Home, ["a"], before, new(2_000)));

        // A later one pushes no deadline out, and one whose deadline is over stays an expiry.
        _ledger.Stale(Next(), [Tag("a")], new(9_000), Now, remember: true);
        Assert.Equal(Freshness.Expired, _ledger.SoftVerdict(Home, ["a"], before, new(2_000)));
        _ledger.Stale(Next(), [Tag("a")], new(9_000), new(2_500), remember: true);
        Assert.Equal((Freshness.Expired, Freshness.Stale), (Verdict(before, "a"), Verdict(at, "a")));
    }

    /// <summary>The floor of what is remembered is not the floor of what entries bear, and neither raises the other.</summary>
    [Fact]
    public void Forgetting_RaisesTheFloorOfReadersTags_AndNoOther()
    {
        var old = _ledger.Stamp();
        var at = Update(remember: true, "a").At;
        var between = _ledger.Stamp();
        _ledger.ForgetRemembered(between);

        Assert.Equal(0, _ledger.Remembered);
        Assert.Equal((Freshness.Expired, Freshness.Expired), (Verdict(old, "a"), Verdict(old, "never updated")));
        Assert.True(_ledger.IsLive([Tag("b")], old));
        Update(remember: true, "b");
        Assert.Equal((Freshness.Fresh, Freshness.Fresh, Freshness.Expired), (Verdict(between, "a"), Verdict(between, "c"), Verdict(at, "b")));

        // What is forgotten of a tag counts against it when it is remembered anew.
        Assert.Equal(Freshness.Expired, Verdict(old, "b"));

        var young = _ledger.Stamp();
        _ledger.Settle(Update(remember: false, "x").Id);
        _ledger.Forget(_ledger.Stamp());
        Assert.False(_ledger.IsLive([Tag("y")], young));
        Assert.Equal(Freshness.Fresh, Verdict(young, "y"));
    }

    [Fact]
    public void TagThatIsRememberedAnew_StartsWithWhatWasForgottenOfIt()
    {
        var old = _ledger.Stamp();
        Update(remember: true, "a");
        _ledger.ForgetRemembered(_ledger.Stamp());
        _ledger.Stale(Next(), [Tag("a")], new(9_000), Now, remember: true);

        Assert.Equal(Freshness.Expired, Verdict(old, "a"));
    }

    [Fact]
    public void Forgetting_LeavesWhatWasChangedAfterTheMark()
    {
        var old = _ledger.Stamp();
        var mark = Update(remember: true, "a").At;
        Update(remember: true, "b");
        _ledger.ForgetRemembered(mark);

        Assert.Equal(1, _ledger.Remembered);
        Assert.Equal((Freshness.Fresh, Freshness.Expired), (Verdict(mark, "a"), Verdict(mark, "b")));
        Assert.Equal(Freshness.Expired, Verdict(old, "a"));
    }

    [Fact]
    public void BeyondTheBound_TheOldestGoes_AndItsReadersSeeMore_NeverLess()
    {
        var old = _ledger.Stamp();
        var first = Update(remember: true, "t0").At;
        Settle(1);
        var afterFirst = _ledger.Stamp();
        for (var i = 1; i <= 4; i++)
        {
            Update(remember: true, $"t{i}");
        }

        Assert.Equal(4, _ledger.Remembered);
        Assert.All(Enumerable.Range(0, 6), i => Assert.Equal(Freshness.Expired, Verdict(old, $"t{i}")));
        Assert.Equal((Freshness.Fresh, Freshness.Expired), (Verdict(afterFirst, "t0"), Verdict(afterFirst, "t1")));
        Assert.True(first < afterFirst);
    }

    [Fact]
    public void Key_IsNoTagOfReaders()
    {
        var old = _ledger.Stamp();
        _ledger.Expire(Next(), [TagId.OfKey(Home.Scope("k"))], remember: true);
        Assert.Equal((0, Freshness.Fresh), (_ledger.Remembered, Verdict(old, "k")));
    }

    [Fact]
    public void MovingValue_TakesAlongWhatWasUpdatedSinceItWasMade_BesideWhatItBrought()
    {
        Update(remember: true, "earlier");
        var made = _ledger.Stamp();
        Assert.Empty(_ledger.RememberedSince(Home, made, [])!);
        Assert.Equal(["brought"], _ledger.RememberedSince(Home, made, ["brought"])!);

        // Settled since, and updated before: it says nothing of the value.
        Settle(1);
        Update(remember: true, "a", "b");
        Assert.Equal(["a", "b"], _ledger.RememberedSince(Home, made, [])!.Order());
        Assert.Equal(["a", "b"], _ledger.RememberedSince(Home, made, ["a"])!.Order());
        Assert.Empty(_ledger.RememberedSince(CacheNamespace.Parse("other"), made, [])!);

        _ledger.ForgetRemembered(_ledger.Stamp());
        Assert.Null(_ledger.RememberedSince(Home, made, []));
    }

    [Fact]
    public void MovingValue_OlderThanMoreThanItCanCarry_TakesNothing_AndNothingIsKnownOfIt()
    {
        var ledger = new TagLedger(1_000);
        var made = ledger.Stamp();
        ledger.Expire(new(Guid.Empty, 1), Tags(64), remember: true);
        Assert.Equal(64, ledger.RememberedSince(Home, made, [])!.Length);
        Assert.Null(ledger.RememberedSince(Home, made, ["one more"]));

        ledger.Expire(new(Guid.Empty, 2), [Tag("t64")], remember: true);
        Assert.Null(ledger.RememberedSince(Home, made, []));
    }

    [Fact]
    public void Copy_IsHeldAgainst_WhatIsOpenHere_OrWasSettledSinceTheTicket()
    {
        Update(remember: true, "open");
        Update(remember: true, "settled");
        Update(remember: false, "unremembered");
        var ticket = _ledger.Stamp();
        Settle(2);

        Assert.Equal(["open", "settled", "told"], _ledger.RememberedAgainstCopy(Home, ["told"], ticket)!.Order());
        Assert.Equal(["open"], _ledger.RememberedAgainstCopy(Home, [], _ledger.Stamp())!);
        Assert.Null(_ledger.RememberedAgainstCopy(Home, null, ticket));
        Assert.Empty(_ledger.RememberedAgainstCopy(CacheNamespace.Parse("other"), [], ticket)!);

        // A record may be forgotten while its update is open: the update is not.
        _ledger.ForgetRemembered(_ledger.Stamp());
        Assert.Equal(["open"], _ledger.RememberedAgainstCopy(Home, [], _ledger.Stamp())!);
        Assert.Null(_ledger.RememberedAgainstCopy(Home, [], ticket));
        var before = _ledger.Stamp();
        Settle(1);
        Assert.Equal(["open"], _ledger.RememberedAgainstCopy(Home, [], before)!);
        Assert.Empty(_ledger.RememberedAgainstCopy(Home, [], _ledger.Stamp())!);
    }

    /// <summary>What is open in other namespaces, and how often, is nothing to a copy.</summary>
    [Fact]
    public void Copy_IsHeldAgainst_WhatIsOpenInItsNamespace_HoweverMuchIsOpen()
    {
        var ledger = new TagLedger(1_000);
        var other = CacheNamespace.Parse("other");
        for (var i = 0; i < 300; i++)
        {
            ledger.Expire(new(Guid.Empty, i), [TagId.OfTag(other, $"other{i}"), Tag("often")], remember: true);
        }

        Assert.Equal(["often"], ledger.RememberedAgainstCopy(Home, [], ledger.Stamp())!);
        Assert.Null(ledger.RememberedAgainstCopy(other, [], ledger.Stamp()));
        for (var i = 0; i < 299; i++)
        {
            ledger.Settle(new(Guid.Empty, i));
        }

        Assert.Equal(["often"], ledger.RememberedAgainstCopy(Home, [], ledger.Stamp())!);
        Assert.Equal(["other299"], ledger.RememberedAgainstCopy(other, [], ledger.Stamp())!);
        ledger.Settle(new(Guid.Empty, 299));
        Assert.Empty(ledger.RememberedAgainstCopy(Home, [], ledger.Stamp())!);
        Assert.Empty(ledger.RememberedAgainstCopy(other, [], ledger.Stamp())!);

        ledger.Expire(new(Guid.Empty, 300), Tags(RememberedTags.MostNames), remember: true);
        Assert.Equal(RememberedTags.MostNames, ledger.RememberedAgainstCopy(Home, ["t0"], ledger.Stamp())!.Length);
        Assert.Null(ledger.RememberedAgainstCopy(Home, ["one more"], ledger.Stamp()));
    }

    [Fact]
    public void BroughtTags_RefuseTheirReaders_AndAllOfThemIfTheyAreUnknown()
    {
        Assert.Null(BroughtTags.Of([]));
        var some = BroughtTags.Of(["a", "b"])!;
        Assert.Equal((true, false, true), (some.Admits(["c"]), some.Admits(["c", "b"]), some.Admits([])));
        Assert.Equal((true, false), (BroughtTags.Of(null)!.Admits([]), BroughtTags.Of(null)!.Admits(["c"])));
    }

    private static TagId Tag(string name) => TagId.OfTag(Home, name);

    private static TagId[] Tags(int count) => [.. Enumerable.Range(0, count).Select(i => Tag($"t{i}"))];

    private Freshness Verdict(Stamp stamp, params string[] names) => _ledger.SoftVerdict(Home, names, stamp, Now);

    private UpdateId Next() => new(Guid.Empty, ++_sequence);

    private (UpdateId Id, Stamp At) Update(bool remember, params string[] tags)
    {
        var id = Next();
        return (id, _ledger.Expire(id, Array.ConvertAll(tags, Tag), remember));
    }

    private void Settle(long update) => _ledger.Settle(new(Guid.Empty, update));
}
