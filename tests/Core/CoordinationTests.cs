using CsCheck;
using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Core;

/// <summary>When an update is complete, and what is sent to whom until then.</summary>
public sealed class CoordinationTests
{
    private static readonly Moment Now = new(0);
    private static readonly TagId[] Tags = [TagId.OfTag(CacheNamespace.Default, "t")];

    private readonly Coordination<string> _coordination = new(Guid.NewGuid());
    private readonly List<string> _mail = [];
    private readonly List<UpdateId> _settled = [];

    [Fact]
    public void Reconsider_WithoutMembers_IsCompleteAtOnce()
    {
        var update = Begin();

        Assert.Equal(UpdateVerdict.Complete, Reconsider(update));
        Assert.Equal([update], _settled);
        Assert.Equal(0, _coordination.Count);
    }

    [Fact]
    public void Reconsider_WhileAClientHere_HasNotLetGo_Waits()
    {
        var update = Begin();

        Assert.Equal(UpdateVerdict.Waiting, _coordination.Reconsider(update, [], awaitsClients: true, isLeaseValid: true, _mail, _settled));
        Assert.Equal(UpdateVerdict.Complete, Reconsider(update));
    }

    [Fact]
    public void Reconsider_WithoutALease_GoesOnAndCompletesLater()
    {
        var update = Begin();

        Assert.Equal(UpdateVerdict.NoLease, _coordination.Reconsider(update, [], awaitsClients: false, isLeaseValid: false, _mail, _settled));
        Assert.Equal(UpdateVerdict.Complete, Reconsider(update));
    }

    [Fact]
    public void Reconsider_WithAMemberThatJoinedMeanwhile_ReachesItToo()
    {
        var update = Begin();
        Assert.Equal(UpdateVerdict.Waiting, Reconsider(update, "a"));
        _coordination.TakeBatch("a", isMember: true, Now);
        _coordination.Acknowledged("a", [update]);

        Assert.Equal(UpdateVerdict.Waiting, Reconsider(update, "a", "b"));
        Assert.Equal(update, Assert.Single(_coordination.TakeBatch("b", isMember: true, Now)!.Updates).Id);
        _coordination.Acknowledged("b", [update]);
        Assert.Equal(UpdateVerdict.Complete, Reconsider(update, "a", "b"));
    }

    [Fact]
    public void Reconsider_OfAnUpdateThatFinishesAnother_SettlesBoth()
    {
        var orphan = new UpdateId(Guid.NewGuid(), 7);
        Assert.True(_coordination.TryClaim(orphan));
        Assert.False(_coordination.TryClaim(orphan));
        var update = _coordination.Begin(Tags, staleFor: null, orphan).Id;

        Assert.Equal(UpdateVerdict.Complete, Reconsider(update));
        Assert.Equal([update, orphan], _settled);
    }

    [Fact]
    public void TakeBatch_AfterALostOne_HoldsWhatThatOneHeldFirst()
    {
        var first = Begin();
        Reconsider(first, "a");
        var lost = _coordination.TakeBatch("a", isMember: true, Now)!;
        var second = Begin();
        Reconsider(second, "a");

        _coordination.Lost("a", lost);

        Assert.Equal([first, second], _coordination.TakeBatch("a", isMember: true, Now)!.Updates.Select(change => change.Id));
    }

    [Fact]
    public void Acknowledged_OfALaterUpdate_LeavesTheEarlierOneWaiting()
    {
        var slow = Begin();
        var quick = Begin();
        Reconsider(slow, "a");
        Reconsider(quick, "a");
        _coordination.TakeBatch("a", isMember: true, Now);

        _coordination.Acknowledged("a", [quick]);

        Assert.Equal(UpdateVerdict.Complete, Reconsider(quick, "a"));
        Assert.Equal(UpdateVerdict.Waiting, Reconsider(slow, "a"));
    }

    [Fact]
    public void Repeat_SendsAgainWhatWasSentLongAgoAndNotAcknowledged()
    {
        var update = Begin();
        Reconsider(update, "a");
        _coordination.TakeBatch("a", isMember: true, Now);
        Assert.Null(_coordination.TakeBatch("a", isMember: true, Now));

        Assert.Empty(_coordination.Repeat(sentBefore: Now));
        Assert.Equal(["a"], _coordination.Repeat(sentBefore: Now + TimeSpan.FromTicks(1)));

        Assert.Equal(update, Assert.Single(_coordination.TakeBatch("a", isMember: true, Now)!.Updates).Id);
        _coordination.Acknowledged("a", [update]);
        Assert.Empty(_coordination.Repeat(sentBefore: Moment.Never));
    }

    [Fact]
    public void TakeBatch_ForASiloThatIsNoMember_HoldsNothing()
    {
        Reconsider(Begin(), "a");
        Assert.Null(_coordination.TakeBatch("a", isMember: false, Now));
    }

    /// <summary>Whatever is lost, repeated and acknowledged: complete means that each member as of then has acknowledged, and all that is settled reaches all.</summary>
    [Fact]
    public void Coordination_RandomCalls_CompletesExactlyWhatEveryMemberHasAcknowledged() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 2], Gen.Int[1, 7]).Array[1, 80].Sample(
            calls =>
            {
                var run = new CoordinationRun();
                foreach (var (what, who, members) in calls)
                {
                    run.Call(what, who, members);
                }
            },
            iter: 2_000);

    private UpdateId Begin() => _coordination.Begin(Tags, staleFor: null).Id;

    private UpdateVerdict Reconsider(UpdateId update, params string[] members) =>
        _coordination.Reconsider(update, members, awaitsClients: false, isLeaseValid: true, _mail, _settled);

    private sealed class CoordinationRun
    {
        private static readonly string[] All = ["a", "b", "c"];

        private readonly Coordination<string> _coordination = new(Guid.NewGuid());
        private readonly Dictionary<UpdateId, HashSet<string>> _acknowledged = [];
        private readonly Dictionary<string, UpdateBatch> _onTheirWay = [];
        private string[] _members = All;

        public void Call(int what, int who, int members)
        {
            var silo = All[who];
            switch (what)
            {
                case 0:
                    var update = _coordination.Begin(Tags, staleFor: null).Id;
                    _acknowledged.Add(update, []);
                    break;
                case 1:
                    _members = [.. All.Where((_, i) => (members >> i & 1) == 1)];
                    break;
                case 2:
                    if (_coordination.TakeBatch(silo, _members.Contains(silo), Now) is { } batch)
                    {
                        _onTheirWay[silo] = batch;
                    }

                    break;
                case 3:
                    if (_onTheirWay.Remove(silo, out var lost))
                    {
                        _coordination.Lost(silo, lost);
                    }

                    break;
                case 4:
                    if (_onTheirWay.TryGetValue(silo, out var arrived))
                    {
                        var some = arrived.Updates.Where((_, i) => (members >> (i % 3) & 1) == 1).Select(change => change.Id).ToList();
                        _coordination.Acknowledged(silo, some);
                        some.ForEach(id => _acknowledged.GetValueOrDefault(id)?.Add(silo));
                    }

                    break;
                default:
                    _coordination.Repeat(Moment.Never);
                    break;
            }

            foreach (var id in _coordination.Unsettled)
            {
                var isReached = _members.All(member => _acknowledged[id].Contains(member));
                var verdict = _coordination.Reconsider(id, _members, awaitsClients: false, isLeaseValid: true, new List<string>(), new List<UpdateId>());
                Assert.Equal(isReached ? UpdateVerdict.Complete : UpdateVerdict.Waiting, verdict);
            }
        }
    }
}
