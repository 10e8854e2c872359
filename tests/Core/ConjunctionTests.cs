using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Core;

/// <summary>What a ledger knows of updates of all of several tags.</summary>
public sealed class ConjunctionTests
{
    private static readonly TagId A = Tag("a");
    private static readonly TagId B = Tag("b");
    private static readonly TagId C = Tag("c");
    private static readonly Guid Coordinator = new(1, 0, 0, new byte[8]);

    private readonly TagLedger _ledger = new(1_000, maximumConjunctions: 8);
    private long _sequence;

    [Fact]
    public void Update_OfAllOfTwoTags_RefusesWhatBearsBoth_AndNothingElse()
    {
        var before = _ledger.Stamp();
        var at = Update([A, B]).At;

        Assert.False(_ledger.IsLive([A, B], before));
        Assert.False(_ledger.IsLive([C, B, A], before));
        Assert.True(_ledger.IsLive([A], before));
        Assert.True(_ledger.IsLive([B, C], before));
        Assert.True(_ledger.IsLive([A, B], at));
    }

    [Fact]
    public void Update_OfAllOfTwoTags_ChangesNoRecord()
    {
        using var a = new Held(_ledger, A);
        Update([A, B]);

        Assert.All(a.Records, record => Assert.Equal(Stamp.Zero, record.Expired));
    }

    [Fact]
    public void Copy_WhileAnUpdateIsOpen_OrSettledAfterItsStamp_IsRefused()
    {
        var (first, at) = Update([A, B]);
        var (second, later) = Update([B, A]);
        Assert.False(_ledger.MayKeepCopy([A, B], later));
        Assert.True(_ledger.MayKeepCopy([A, C], later));

        _ledger.Settle(first);
        Assert.False(_ledger.MayKeepCopy([A, B], _ledger.Stamp()));

        _ledger.Settle(second);
        Assert.False(_ledger.MayKeepCopy([A, B], at));
        Assert.False(_ledger.MayKeepCopy([A, B], later));
        Assert.True(_ledger.MayKeepCopy([A, B], _ledger.Stamp()));
        Assert.Equal(0, _ledger.Counts.OpenUpdates);
    }

    [Fact]
    public void Update_ThatIsRepeated_ChangesNothing()
    {
        var (id, _) = Update([A, B]);
        var clock = _ledger.Stamp();

        _ledger.ExpireAll(id, [A, B]);

        Assert.Equal(clock, _ledger.Stamp());
        Assert.True(_ledger.IsOpenAndChangesTags(id));
    }

    [Fact]
    public void Forget_RefusesWhatIsOlderAndBearsTwoTags()
    {
        var before = _ledger.Stamp();
        var (id, at) = Update([A, B]);
        _ledger.Forget(at);
        Assert.Equal(1, _ledger.Conjunctions);

        // What is open is not forgotten.
        _ledger.Settle(id);
        _ledger.Forget(_ledger.Stamp());
        Assert.Equal(0, _ledger.Conjunctions);
        Assert.False(_ledger.IsLive([A, B], before));
        Assert.False(_ledger.IsLive([A, C], before));
        Assert.True(_ledger.IsLive([A], before));
        Assert.True(_ledger.IsLive([A, B], _ledger.Stamp()));
    }

    [Fact]
    public void Conjunctions_ThatAreManyAndOpen_AreAllKept_AndOthersAreBounded()
    {
        var before = _ledger.Stamp();
        var open = Enumerable.Range(0, 100).Select(i => (Tags: new[] { A, Tag($"{i}") }, Update([A, Tag($"{i}")]).Id)).ToList();
        Assert.Equal(100, _ledger.Conjunctions);
        Assert.All(open, each => Assert.False(_ledger.MayKeepCopy(each.Tags, _ledger.Stamp())));

        open.ForEach(each => _ledger.Settle(each.Id));
        Update([A, B]);
        Assert.InRange(_ledger.Conjunctions, 1, 60);
        for (var i = 0; i < 100; i++)
        {
            _ledger.Settle(Update([A, Tag($"{i}")]).Id);
        }

        Assert.InRange(_ledger.Conjunctions, 1, 9);
        Assert.All(open, each => Assert.False(_ledger.IsLive(each.Tags, before)));
    }

    [Fact]
    public void SameTags_InAnyOrder_AreOneConjunction()
    {
        for (var i = 0; i < 50; i++)
        {
            Update(i % 2 == 0 ? [A, B, C] : [C, A, B]);
        }

        Assert.Equal(1, _ledger.Conjunctions);
    }

    /// <summary>Against a plain list of all updates: exact while nothing is forgotten, and never too lenient afterwards.</summary>
    [Theory]
    [InlineData(1, 1_000)]
    [InlineData(2, 1_000)]
    [InlineData(3, 6)]
    public void Ledger_RandomUpdates_AgreesWithTheListOfAll(int seed, int maximum)
    {
        var random = new Random(seed);
        TagId[] all = [.. Enumerable.Range(0, 5).Select(i => Tag($"{i}"))];
        var (ledger, history, forgotten) = (new TagLedger(1_000, maximum), new List<(TagId[] Tags, Stamp At)>(), Stamp.Zero);
        for (var step = 0; step < 3_000; step++)
        {
            TagId[] tags = [.. all.Where(_ => random.Next(2) == 0)];
            if (tags.Length >= 2 && random.Next(4) == 0)
            {
                var id = new UpdateId(Coordinator, ++_sequence);
                history.Add((tags, ledger.ExpireAll(id, tags)));
                ledger.Settle(id);
            }

            if (random.Next(100) == 0)
            {
                forgotten = Stamp.Max(forgotten, new(random.NextInt64(ledger.Stamp().Value + 1)));
                ledger.Forget(forgotten);
            }

            var stamp = new Stamp(random.NextInt64(ledger.Stamp().Value + 1));
            var isLive = !history.Exists(update => update.At > stamp && update.Tags.All(tags.Contains));
            var said = ledger.IsLive(tags, stamp);
            Assert.False(said && !isLive, $"seed {seed}, step {step}");
            Assert.False(!said && isLive && stamp > forgotten && maximum > 6, $"seed {seed}, step {step}: refused for nothing");
        }
    }

    [Theory]
    [InlineData("a b", "a b", TagMatch.All)]
    [InlineData("a b a", "a b", TagMatch.All)]
    [InlineData("a", "a", TagMatch.Any)]
    [InlineData("a a", "a", TagMatch.Any)]
    [InlineData("* a", "a", TagMatch.Any)]
    [InlineData("a * b", "a b", TagMatch.All)]
    [InlineData("*", "*", TagMatch.Any)]
    public void Request_OfAll_LeavesOutWhatEveryEntryBears(string named, string tags, TagMatch match)
    {
        var request = UpdateRequest.OfAll([.. named.Split(' ').Select(Tag)]);

        Assert.Equal(tags.Split(' ').Select(Tag), request.Tags);
        Assert.Equal((match, null), (request.Match, request.StaleFor));
    }

    private static TagId Tag(string name) => TagId.OfTag(CacheNamespace.Default, name);

    private (UpdateId Id, Stamp At) Update(TagId[] tags)
    {
        var id = new UpdateId(Coordinator, ++_sequence);
        return (id, _ledger.ExpireAll(id, tags));
    }

    /// <summary>A value that bears a tag.</summary>
    private sealed class Held(TagLedger ledger, TagId tag) : IDisposable
    {
        private readonly KeptKey _key = new(ledger, "key");
        private TagRecord[]? _records;

        public TagRecord[] Records => _records ??= ledger.Attach([tag], _key.Key, _key, ledger.Stamp()).Records;

        public void Dispose() => ledger.Detach(Records, _key);
    }
}
