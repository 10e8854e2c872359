using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>Sets of values that were made after a sealed moment, at the silo of the entry: what it adds to what the silo of the moment has found.</summary>
public sealed class SetSinceTests : IAsyncLifetime
{
    private const string Key = "key";

    private static readonly AcquireRequest Look = new(MayGenerate: false, FreshOnly: false, Wait: TimeSpan.Zero);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly UpdateId Update = new(Guid.NewGuid(), 1);

    private EntrySilo _silo = null!;

    private IEntryGrain Entry => _silo.Entry(Key);

    private TagLedger Ledger => _silo.Silo.Ledger;

    private static TagId KeyTag => TagId.OfKey(EntrySilo.Scope(Key));

    public async Task InitializeAsync() => _silo = await EntrySilo.Serve();

    public Task DisposeAsync()
    {
        _silo.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>The silo of the moment has not acknowledged it: it may have looked before it heard.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Set_WhileAnUpdateOfItsTagOrKeyIsOpen_IsSuperseded(bool isOfKey)
    {
        Ledger.Expire(Update, [isOfKey ? KeyTag : InvalidatorHost.Tag("a")]);
        var early = await Entry.BeginSet();
        await IsSuperseded(await Entry.BeginSet());

        // Settled after the token: then it was open when that was given.
        Ledger.Settle(Update);
        await IsSuperseded(early);

        Assert.Equal(CommitStatus.Stored, await Set(await Entry.BeginSet()));
    }

    [Fact]
    public async Task Set_WhenATagOrTheKeyIsUpdatedAfterItsToken_IsSuperseded()
    {
        foreach (var tag in new[] { InvalidatorHost.Tag("a"), KeyTag })
        {
            var token = await Entry.BeginSet();
            var update = new UpdateId(Guid.NewGuid(), 1);
            Ledger.Expire(update, [tag]);
            Ledger.Settle(update);

            await IsSuperseded(token);
        }
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("a set")]
    [InlineData("a generation")]
    public async Task Set_WhoseKeyHasChanged_IsSupersededWhatEverIsThere(string there)
    {
        await Have(there);
        var before = _silo.Stored(Key);

        await IsSuperseded(await Entry.BeginSet(), isKeyChanged: true);

        Assert.Same(before, _silo.Stored(Key));
        Assert.Equal(before is null ? AcquireStatus.Miss : AcquireStatus.Fresh, (await Entry.Acquire(Look)).Status);
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("a set")]
    [InlineData("a generation")]
    public async Task Set_WhoseKeyHasNotChanged_ReplacesWhatIsOlder(string there)
    {
        await Have(there);
        _silo.Time.Advance(Second * 10);

        Assert.Equal(CommitStatus.Stored, await Set(await Entry.BeginSet(), age: Second));

        Assert.Equal([2], (await Entry.Acquire(Look)).Entry!.Payload.Bytes);
    }

    /// <summary>What lies between the bounds of a moment counts as older: nobody was promised that it stays.</summary>
    [Theory]
    [InlineData(4, 2, true)]
    [InlineData(6, 4, true)]
    [InlineData(8, 6, false)]
    public async Task Set_OfAMomentBeforeAGeneration_IsSuperseded(int age, int leastAge, bool isStored)
    {
        await _silo.Generate(Key, EntrySilo.Data());
        _silo.Time.Advance(Second * 5);

        Assert.Equal(isStored ? CommitStatus.Stored : CommitStatus.Superseded, await Set(await Entry.BeginSet(), Second * age, Second * leastAge));
    }

    [Fact]
    public async Task Set_OfAMomentBeforeAGenerationWhoseLifeIsOver_Stores()
    {
        await _silo.Generate(Key, EntrySilo.Data() with { Life = new(TimeSpan.Zero, Second, Second) });
        _silo.Time.Advance(Second * 5);

        Assert.Equal(CommitStatus.Stored, await Set(await Entry.BeginSet(), Second * 9));
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(4, false)]
    [InlineData(9, false)]
    public async Task Set_AfterAnotherSinceALaterMoment_IsSuperseded(int age, bool isStored)
    {
        // Its moment was three or four seconds ago.
        Assert.Equal(CommitStatus.Stored, await Set(await Entry.BeginSet(), Second * 4, Second * 3));

        Assert.Equal(isStored ? CommitStatus.Stored : CommitStatus.Superseded, await Set(await Entry.BeginSet(), Second * age, isKeyChanged: true));
    }

    /// <summary>No value is held by what is remembered of it: when it goes, it is gone at once, and its place with it.</summary>
    [Fact]
    public async Task Set_SinceAMoment_LeavesNothingWhenItsValueGoes()
    {
        Assert.Equal(CommitStatus.Stored, await Set(await Entry.BeginSet()));
        Assert.NotNull(_silo.Table.Find(EntrySilo.Scope(Key)));

        Assert.True((await Entry.Remove()).IsComplete);

        Assert.Null(_silo.Table.Find(EntrySilo.Scope(Key)));
    }

    [Fact]
    public async Task Set_AfterAPlainSetAfterAnother_IsSuperseded()
    {
        Assert.Equal(CommitStatus.Stored, await Set(await Entry.BeginSet(), Second * 9));
        await Have("a set");

        await IsSuperseded(await Entry.BeginSet(), isKeyChanged: true);
    }

    /// <summary>The plain set gave way to what was set since an earlier moment; it has changed the key all the same, after the later moment.</summary>
    [Fact]
    public async Task Set_AfterAPlainSetThatGaveWayToAnother_IsSuperseded()
    {
        var plain = await Entry.BeginSet();
        Assert.Equal(CommitStatus.Stored, await Set(await Entry.BeginSet(), Second * 9));
        Assert.Equal(CommitStatus.Superseded, (await Entry.Set(plain, EntrySilo.Data("a"), TimeSpan.Zero)).Commit.Status);

        await IsSuperseded(await Entry.BeginSet(), isKeyChanged: true);
    }

    [Fact]
    public async Task Set_SinceAMoment_IsSoOldAsThat()
    {
        await Set(await Entry.BeginSet(), age: Second * 100);

        Assert.Equal(Second * 101, (await Entry.Acquire(Look)).Entry!.Age);
    }

    [Fact]
    public async Task Set_OfAValueThatIsRefused_LeavesWhatIsThere()
    {
        await Have("a generation");
        var large = new EntryData(new(new byte[1 << 25], null), [], [], CacheLife.Max);

        var set = await Entry.Set(await Entry.BeginSet(), large, TimeSpan.Zero, trace: null, new(IsKeyChanged: false, TimeSpan.Zero, Remembered: []));

        Assert.Equal(CommitStatus.Refused, set.Commit.Status);
        Assert.Equal([1], (await Entry.Acquire(Look)).Entry!.Payload.Bytes);
    }

    /// <summary>The silo of the moment may not have heard of it, and its value has a later stamp than the update here (invariant S4).</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Set_WhileASoftTagIsUpdated_IsAMissForReadersOfThat(bool isSettled)
    {
        Ledger.Expire(Update, [InvalidatorHost.Tag("page")], remember: true);
        var token = await Entry.BeginSet();
        if (isSettled)
        {
            Ledger.Settle(Update);
        }

        Assert.Equal(CommitStatus.Stored, await Set(token, remembered: ["told"]));

        await Reads(AcquireStatus.Fresh, null);
        await Reads(AcquireStatus.Fresh, ["other"]);
        await Reads(AcquireStatus.Miss, ["page"]);
        await Reads(AcquireStatus.Miss, ["other", "told"]);
    }

    [Fact]
    public async Task Set_OfWhichItIsNotKnownWhatWasRemembered_IsAMissForReadersOfAnySoftTag()
    {
        Assert.Equal(CommitStatus.Stored, await Set(await Entry.BeginSet(), remembered: null));

        await Reads(AcquireStatus.Fresh, null);
        await Reads(AcquireStatus.Miss, ["other"]);
    }

    private async Task Reads(AcquireStatus expected, string[]? soft) => Assert.Equal(expected, (await Entry.AcquireSoft(Look with { SoftTags = soft })).Status);

    private async Task Have(string what)
    {
        if (what == "a set")
        {
            Assert.Equal(CommitStatus.Stored, (await Entry.Set(await Entry.BeginSet(), EntrySilo.Data("a"), TimeSpan.Zero)).Commit.Status);
        }
        else if (what == "a generation")
        {
            await _silo.Generate(Key, EntrySilo.Data("a"));
        }
    }

    /// <summary>And nothing has happened: no update of the key has begun.</summary>
    private async Task IsSuperseded(TokenId token, bool isKeyChanged = false)
    {
        var stamp = Ledger.Stamp();
        Assert.Equal(CommitStatus.Superseded, await Set(token, isKeyChanged: isKeyChanged));
        Assert.Equal(stamp, Ledger.Stamp());
    }

    private Task<CommitStatus> Set(TokenId token, TimeSpan age = default, TimeSpan? leastAge = null, bool isKeyChanged = false) => Set(token, [], age, leastAge, isKeyChanged);

    private async Task<CommitStatus> Set(TokenId token, string[]? remembered, TimeSpan age = default, TimeSpan? leastAge = null, bool isKeyChanged = false)
    {
        var set = await Entry.Set(token, new(new([2], null), ["a"], ["a"], CacheLife.Max), age, trace: null, new(isKeyChanged, leastAge ?? age, remembered));
        Assert.True(set.Update.IsComplete);
        return set.Commit.Status;
    }
}
