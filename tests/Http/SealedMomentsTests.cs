using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Http.Tokens;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>What a silo says of the time since a moment that it has sealed.</summary>
public sealed class SealedMomentsTests : IAsyncLifetime
{
    private static readonly CacheNamespace Shop = CacheNamespace.Parse("shop");
    private static readonly string Key = Shop.Scope("key");
    private static readonly TagId Tag = TagId.OfTag(Shop, "a");
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly InvalidatorHost _silo = new(lease: TimeSpan.FromHours(1));
    private SealedMoments _moments = null!;
    private long _updates;

    public async Task InitializeAsync()
    {
        await _silo.Serve();
        _moments = Moments();
    }

    public Task DisposeAsync()
    {
        _silo.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public void Moment_OpensForItsNamespaceAtItsSilo_AndNowhereElse()
    {
        var text = _moments.Now(Shop);

        Assert.Equal(new SealedMoment(_silo.Time.Now(), _silo.Ledger.Stamp()), _moments.Open(Shop, text));
        Assert.Null(_moments.Open(CacheNamespace.Parse("blog"), text));
        Assert.Null(_moments.Open(CacheNamespace.Parse("shop\u00e9"), text));

        // As after a restart at the same address.
        Assert.Null(Moments().Open(Shop, text));
    }

    /// <summary>Nor would it be under a secret that tokens have.</summary>
    [Fact]
    public void Moment_IsNoTokenOfAKeyThatIsNamedAsItsSilo()
    {
        var secret = new TokenSecret(1, new byte[32]);
        Assert.True(SealedBytes.TryRead(SignedMoment.Seal(secret, "4:shop", Shop, new(new(1), new Stamp(2))), out var seal));

        Assert.NotNull(SignedMoment.Open(secret, "4:shop", Shop, seal));
        Assert.True(SignedToken.Open(secret, "4:shopshop", seal).IsNone);
        Assert.Null(SignedMoment.Open(secret, "4:shops", CacheNamespace.Parse("hop"), seal));
    }

    [Fact]
    public void Judge_OfWhatNothingHasHappenedTo_TakesItAsACopy()
    {
        var moment = Now();

        var verdict = _moments.Judge(Key, Data(), moment)!;

        Assert.Equal(["a"], verdict.Data.CopiedTags!);
        Assert.Equal((false, CacheLife.Max), (verdict.IsKeyChanged, verdict.Data.Life));
    }

    [Fact]
    public void Judge_AfterAnUpdate_IsNothing_AndNotOfOtherTagsOrBefore()
    {
        var moment = Now();
        Expire(TagId.OfTag(Shop, "b"));
        Expire(TagId.OfTag(CacheNamespace.Parse("blog"), "a"));
        Assert.NotNull(_moments.Judge(Key, Data(), moment));
        Expire(Tag);
        Assert.Null(_moments.Judge(Key, Data(), moment));
        Assert.NotNull(_moments.Judge(Key, Data(), Now()));
    }

    /// <summary>Applied here before the moment, and not everywhere: what the caller read elsewhere afterwards, to make its value from it, may be older.</summary>
    [Theory]
    [InlineData("a")]
    [InlineData("*")]
    public void Judge_SinceAMomentAtWhichAnUpdateWasOpen_IsNothing_AndOnceItWasSettledItIs(string updated)
    {
        var update = Open(TagId.OfTag(Shop, updated));
        var moment = Now();
        Assert.Null(_moments.Judge(Key, Data(), moment));
        _silo.Ledger.Settle(update);

        Assert.Null(_moments.Judge(Key, Data(), moment));
        Assert.NotNull(_moments.Judge(Key, Data(), Now()));
    }

    [Fact]
    public void Judge_SinceAMomentAtWhichARevalidationWasOpen_IsNothing_AndOnceItWasSettledItIsFresh()
    {
        var (update, now) = (new UpdateId(Guid.Empty, ++_updates), _silo.Time.Now());
        _silo.Ledger.Stale(update, [Tag], now + Second, now);
        var moment = Now();
        Assert.Null(_moments.Judge(Key, Data(), moment));
        _silo.Ledger.Settle(update);

        Assert.Null(_moments.Judge(Key, Data(), moment));
        Assert.Equal(CacheLife.Max, _moments.Judge(Key, Data(), Now())!.Data.Life);
    }

    [Fact]
    public void Judge_SinceAMomentAtWhichAnUpdateOfAllOfItsTagsWasOpen_IsNothing()
    {
        var update = new UpdateId(Guid.Empty, ++_updates);
        _silo.Ledger.ExpireAll(update, [Tag, TagId.OfTag(Shop, "b")]);
        var moment = Now();
        _silo.Ledger.Settle(update);

        Assert.Null(_moments.Judge(Key, Data("a", "b"), moment));
        Assert.NotNull(_moments.Judge(Key, Data("a"), moment));
        Assert.NotNull(_moments.Judge(Key, Data("a", "b"), Now()));
    }

    /// <summary>Of two sets of a key the later moment wins, also while the first is on its way to every member: nobody inherits a key.</summary>
    [Fact]
    public void Judge_SinceAMomentAtWhichAnUpdateOfItsKeyOrOfAnotherTagWasOpen_TakesIt()
    {
        var (ofKey, ofOther) = (Open(TagId.OfKey(Key)), Open(TagId.OfTag(Shop, "b")));
        var moment = Now();
        Assert.False(_moments.Judge(Key, Data(), moment)!.IsKeyChanged);
        _silo.Ledger.Settle(ofKey);
        _silo.Ledger.Settle(ofOther);

        Assert.False(_moments.Judge(Key, Data(), moment)!.IsKeyChanged);
    }

    [Fact]
    public void Judge_AfterAnUpdateThatIsForgotten_IsNothing()
    {
        var moment = Now();
        Expire(TagId.OfTag(Shop, "b"));
        _silo.Ledger.Forget(_silo.Ledger.Stamp());

        Assert.Null(_moments.Judge(Key, Data(), moment));
        Assert.NotNull(_moments.Judge(Key, Data(), Now()));
    }

    [Fact]
    public void Judge_AfterEverythingWasExpired_IsNothing()
    {
        var moment = Now();
        _silo.Ledger.ExpireEverything();

        Assert.Null(_moments.Judge(Key, Data(), moment));
    }

    [Fact]
    public void Judge_AfterItsKeyWasChanged_SaysSo()
    {
        var moment = Now();
        Expire(TagId.OfKey(Shop.Scope("other")));
        Assert.False(_moments.Judge(Key, Data(), moment)!.IsKeyChanged);
        Expire(TagId.OfKey(Key));

        Assert.True(_moments.Judge(Key, Data(), moment)!.IsKeyChanged);
        Assert.False(_moments.Judge(Key, Data(), Now())!.IsKeyChanged);
    }

    /// <summary>Stale from the start, and over at the earliest deadline: at the silo of the entry it is as old as since the moment, or older.</summary>
    [Fact]
    public void Judge_AfterRevalidations_GivesALifeThatIsStaleAndEndsAtTheFirstDeadline()
    {
        var moment = Now();
        Stale(Tag, Second * 9);
        Stale(TagId.OfTag(Shop, "b"), Second * 5);
        _silo.Time.Advance(Second);

        var life = _moments.Judge(Key, Data("a", "b"), moment)!.Data.Life;

        Assert.Equal(Second, life.Revalidate);
        Assert.InRange(life.Expire, Second * 5, (Second * 5) + TimeSpan.FromTicks(1));
        Assert.Equal(CacheLife.Max, _moments.Judge(Key, Data(), Now())!.Data.Life);
        _silo.Time.Advance(Second * 3.9);
        Assert.NotNull(_moments.Judge(Key, Data("a", "b"), moment));
        _silo.Time.Advance(Second * 0.2);
        Assert.Null(_moments.Judge(Key, Data("a", "b"), moment));
        Assert.NotNull(_moments.Judge(Key, Data("a"), moment));
    }

    /// <summary>Updates do not wait for a silo without a lease: it may not have heard of them.</summary>
    [Fact]
    public void Judge_WithoutTheRightToServe_Throws()
    {
        var moment = Now();
        _silo.IsAliveInTable = false;
        _silo.Time.Advance(TimeSpan.FromHours(2));

        Assert.Throws<TagCacheUnavailableException>(() => _moments.Judge(Key, Data(), moment));
    }

    private static EntryData Data(params string[] tags) => new(new([1], null), tags is [] ? ["a"] : tags, CopiedTags: null, CacheLife.Max);

    private SealedMoment Now() => _moments.Open(Shop, _moments.Now(Shop))!.Value;

    private SealedMoments Moments() => new(_silo.Ledger, _silo.Lease, InvalidatorHost.Details, _silo.Time);

    private void Expire(TagId tag) => _silo.Ledger.Settle(Open(tag));

    private UpdateId Open(TagId tag)
    {
        var update = new UpdateId(Guid.Empty, ++_updates);
        _silo.Ledger.Expire(update, [tag]);
        return update;
    }

    private void Stale(TagId tag, TimeSpan left)
    {
        var (update, now) = (new UpdateId(Guid.Empty, ++_updates), _silo.Time.Now());
        _silo.Ledger.Stale(update, [tag], now + left, now);
        _silo.Ledger.Settle(update);
    }
}
