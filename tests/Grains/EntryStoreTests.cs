using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>Calls of one key on many threads, where nothing but the entry's gate orders them.</summary>
public sealed class EntryStoreTests
{
    private const int Threads = 4;
    private const int Rounds = 20_000;

    private static readonly string Key = EntrySilo.Scope("contended");

    [Fact]
    public async Task Tokens_OfAKeyWhoseSlotComesAndGoes_AreOutOneAtATime()
    {
        using var silo = await EntrySilo.Serve();
        var isOut = 0;
        var granted = 0;

        await OnThreads(() =>
        {
            if (silo.Store.Ask(Key, new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero)) is { Token.IsNone: false, Token: var token })
            {
                Assert.Equal(1, Interlocked.Increment(ref isOut));
                Interlocked.Increment(ref granted);
                Interlocked.Decrement(ref isOut);
                Assert.True(silo.Store.Abandon(Key, token, isForStoring: true));
            }
        });

        Assert.InRange(granted, Threads, Threads * Rounds);
        Assert.Equal(0, silo.Table.SlotCount);
    }

    [Fact]
    public async Task Values_OfAKeyThatIsStoredReadAndRemovedAtOnce_AreCountedOnce()
    {
        using var silo = await EntrySilo.Serve();
        var data = EntrySilo.Data("t");
        var read = new AcquireRequest(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero);

        await OnThreads(() =>
        {
            if (silo.Store.Ask(Key, read) is { Token.IsNone: false, Token: var token })
            {
                silo.Store.Commit(Key, token, data, sessions: null);
            }
            else if (silo.Table.Find(Key) is { Value: { } value } slot)
            {
                silo.Store.Drop(slot, value);
            }
        });

        var isStored = silo.Stored("contended") is not null;
        Assert.Equal(isStored ? 1 : 0, silo.Table.Count);
        Assert.Equal(isStored ? silo.Stored("contended")!.Bytes : 0, silo.Table.Bytes);
        Assert.Equal(isStored ? 1 : 0, silo.Index.Of(InvalidatorHost.Tag("t")).Length);
        Assert.Equal(isStored ? 2 : 0, silo.Silo.Ledger.Counts.Records - silo.Silo.Ledger.Counts.Unreferenced);
    }

    /// <summary>A reader that waits is woken by whatever ends the generation, and only then.</summary>
    [Theory]
    [InlineData("commit")]
    [InlineData("abandon")]
    [InlineData("set")]
    [InlineData("lease")]
    public async Task Reader_ThatWaits_IsAnsweredWhenTheGenerationEnds(string how)
    {
        using var silo = await EntrySilo.Serve();
        var token = silo.Store.Ask(Key, new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero)).Token;
        var waiting = silo.Store.Acquire(Key, new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.FromHours(1))).AsTask();
        Assert.False(waiting.IsCompleted);

        switch (how)
        {
            case "commit":
                Assert.Equal(CommitStatus.Stored, silo.Store.Commit(Key, token, EntrySilo.Data(), sessions: null).Status);
                break;
            case "abandon":
                Assert.True(silo.Store.Abandon(Key, token, isForStoring: true));
                break;
            case "set":
                Assert.Equal(CommitStatus.Stored, (await silo.Store.Set(Key, silo.Store.BeginSet(Key), EntrySilo.Data(), TimeSpan.Zero, trace: null)).Commit.Status);
                break;
            default:
                silo.Time.Advance(silo.Host.GenerationLease);
                break;
        }

        var answer = await waiting.Soon();
        Assert.Equal(how is "commit" or "set" ? AcquireStatus.Fresh : AcquireStatus.Miss, answer.Status);
        Assert.Equal(how is "commit" or "set", answer.Token.IsNone);
    }

    /// <summary>Sets of other keys do not make a set forget when it was called, however many they are: only what changed its tags supersedes it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Set_BeforeWhichManyOthersCame_IsSupersededByAnUpdateOfItsTagAlone(bool isUpdated)
    {
        const int Others = 20_000;
        using var silo = await EntrySilo.Serve(maximumEntries: 100, maximumBytes: 1 << 30);
        Assert.True((await silo.Update("tag").Soon()).IsComplete);
        silo.Time.Advance(TimeSpan.FromMilliseconds(1));
        var called = silo.Time.Now();
        silo.Time.Advance(TimeSpan.FromMilliseconds(1));
        for (var i = 0; i < Others; i++)
        {
            var other = EntrySilo.Scope($"other {i}");
            Assert.Equal(CommitStatus.Stored, (await silo.Store.Set(other, silo.Store.BeginSet(other), EntrySilo.Data("others"), TimeSpan.Zero, trace: null)).Commit.Status);
        }

        Assert.True((await silo.Update(isUpdated ? "tag" : "another tag").Soon()).IsComplete);
        silo.Time.Advance(TimeSpan.FromMilliseconds(1));
        var set = await silo.Store.Set(Key, silo.Store.BeginSet(Key), EntrySilo.Data("tag"), silo.Time.Now() - called, trace: null);
        Assert.Equal(isUpdated ? CommitStatus.Superseded : CommitStatus.Stored, set.Commit.Status);
    }

    private static Task OnThreads(Action round) => Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Factory.StartNew(
        () =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                round();
            }
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default))).Soon();
}
