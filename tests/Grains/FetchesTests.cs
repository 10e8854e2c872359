using OrleansTagCache.Contracts;
using OrleansTagCache.Moving;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>A silo that has come finds what its readers miss at the silos that had it before (rule M).</summary>
public sealed class FetchesTests : IAsyncLifetime
{
    private static readonly SiloAddress Two = FakeCluster.Silo(2);
    private static readonly SiloAddress Three = FakeCluster.Silo(3);

    private EntrySilo _here = null!;
    private EntrySilo _there = null!;
    private string _name = null!;

    public async Task InitializeAsync()
    {
        (_here, _there) = (await EntrySilo.Serve(), await EntrySilo.Serve());
        _here.Cluster.Is((FakeCluster.Self, SiloStatus.Active, true), (Two, SiloStatus.Active, true));
        _here.Silo.Observe((Two, SiloStatus.Active));
        _here.Silo.Peers[Two].Entries = _there;
        _here.Former.Joined();
        _name = Enumerable.Range(0, 100).Select(i => $"key-{i}").First(name => !_here.Cluster.Owners.IsAstray(EntrySilo.Scope(name)));
        await _there.Generate(_name, EntrySilo.Data("tag"));
    }

    public Task DisposeAsync()
    {
        _here.Dispose();
        _there.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Read_OfWhatTheFormerOwnerHas_GetsIt_AndKeepsIt()
    {
        var read = await _here.Entry(_name).Acquire(Read());
        Assert.Equal((AcquireStatus.Fresh, true), (read.Status, read.Token.IsNone));
        Assert.Equal(AcquireStatus.Fresh, _here.Store.Ask(Key, Read()).Status);
        Assert.Equal(0, _here.Fetches.Count);
    }

    /// <summary>It takes a trip: the caller asks the entry alone, and holds up no others of its message.</summary>
    [Fact]
    public void Batch_WithAKeyThatMayBeFoundElsewhere_HasNoAnswerToIt()
    {
        var answers = new Acquired?[1];
        _here.Batches.AcquireOthers([new(Key, MayGenerate: true, FreshOnly: false, Guid.NewGuid())], sessions: null, answers);
        Assert.Null(Assert.Single(answers));

        _here.Former.HasSent(Two);
        _here.Batches.AcquireOthers([new(Key, MayGenerate: true, FreshOnly: false, Guid.NewGuid())], sessions: null, answers);
        Assert.Equal(AcquireStatus.Miss, answers[0]!.Status);
    }

    [Fact]
    public async Task Read_OfWhatTheFormerOwnerHasNot_GetsAToken()
    {
        var read = await _here.Entry("other").Acquire(Read());
        Assert.Equal((AcquireStatus.Miss, false), (read.Status, read.Token.IsNone));
    }

    /// <summary>Whoever shares the question looks at the entry: what was not kept is believed by none.</summary>
    [Fact]
    public async Task Read_WhoseKeyIsUpdatedWhileItIsAskedFor_GetsAToken_AsDoThoseWhoShareTheQuestion()
    {
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        _here.Silo.Peers[Two].BeforeCopy = async () =>
        {
            asked.TrySetResult();
            await answer.Task;
        };
        var reads = new[] { _here.Entry(_name).Acquire(Read()).AsTask(), _here.Entry(_name).Acquire(Read() with { MayGenerate = false }).AsTask() };
        await asked.Task.Soon();
        Assert.Equal(1, _here.Fetches.Count);
        await _here.Update("tag").Soon();
        answer.SetResult();
        var answers = await Task.WhenAll(reads).Soon();
        Assert.Equal([AcquireStatus.Miss, AcquireStatus.Miss], answers.Select(answer => answer.Status));
        Assert.Equal(1, _here.Silo.Peers[Two].Copies);
        Assert.Null(_here.Stored(_name));
    }

    [Fact]
    public async Task Read_WhoseFormerOwnerDoesNotAnswer_WaitsNoLongerThanItMay()
    {
        _here.Silo.Peers[Two].BeforeCopy = () => new TaskCompletionSource().Task;
        var read = _here.Entry(_name).Acquire(Read()).AsTask();
        var begun = _here.Time.GetTimestamp();
        await Waits.Advance(_here.Time, TimeSpan.FromMilliseconds(1), () => read.IsCompleted);
        Assert.Equal(AcquireStatus.Miss, (await read).Status);
        Assert.True(_here.Time.GetElapsedTime(begun) >= Fetches.Patience);
    }

    /// <summary>A process that stands still, as during a collection, cannot hear the answer: that time does not count.</summary>
    [Fact]
    public async Task Read_DuringAPauseOfTheProcess_IsAnsweredByTheFormerOwnerAllTheSame()
    {
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        _here.Silo.Peers[Two].BeforeCopy = () =>
        {
            asked.TrySetResult();
            return answer.Task;
        };
        var read = _here.Entry(_name).Acquire(Read()).AsTask();
        await asked.Task.Soon();
        _here.Time.Advance(Fetches.Patience * 2);
        answer.SetResult();
        Assert.Equal(AcquireStatus.Fresh, (await read.Soon()).Status);
    }

    /// <summary>What a silo had long ago says nothing of where a key was before this one left.</summary>
    [Fact]
    public void Of_ASiloThatLeaves_IsAskedForWhatItHad()
    {
        _here.Former.HasSent(Two);
        Assert.False(_here.Former.AreAwaited);

        _here.Cluster.Is((FakeCluster.Self, SiloStatus.Active, true), (Two, SiloStatus.Active, true), (Three, SiloStatus.Active, true));
        _here.Silo.Observe((Two, SiloStatus.Active), (Three, SiloStatus.Active));
        var keys = Enumerable.Range(0, 200).Select(i => EntrySilo.Scope($"key-{i}")).ToArray();
        var before = keys.ToLookup(key => _here.Cluster.Owners.Silos.OwnerOf(key)!);
        _here.Cluster.Standings.Note(Three, Standing.Leaving);
        _here.Former.Leaves(Three);
        foreach (var key in keys.Where(key => !_here.Cluster.Owners.IsAstray(key)))
        {
            Assert.Equal(before[Three].Contains(key) ? Three : null, _here.Former.Of(key));
        }

        _here.Silo.Members.Leave(Three);
        _here.Former.Reconsider();
        Assert.False(_here.Former.AreAwaited);
    }

    private string Key => EntrySilo.Scope(_name);

    private static AcquireRequest Read() => new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero);
}
