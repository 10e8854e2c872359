using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>Invariant F1, while a flight closes: what the cluster said of its value may be older than whoever comes now.</summary>
public sealed class ClosingTests
{
    [Fact]
    public async Task Read_AfterAnUpdateThatCameWhileTheAnswerToACommitWasOnItsWay_DoesNotTakeItsValue()
    {
        using var silo = await EntrySilo.Serve();
        var late = new LateAnswers(silo);
        await using var services = ProcessOver.Start(silo);
        var cache = services.GetRequiredService<ITagCache>();

        await late.Overtaken(value => cache.GetOrCreateAsync("closing", (_, _) => new ValueTask<string>(value), new() { Tags = ["t"] }).AsTask());
    }

    [Fact]
    public async Task Refill_AfterAnUpdateThatCameWhileTheAnswerToItsSetWasOnItsWay_DoesNotTakeTheValueOfTheOneBefore()
    {
        using var silo = await EntrySilo.Serve();
        var late = new LateAnswers(silo);
        await using var services = ProcessOver.Start(silo, services => services.AddTagCacheHybridCache());
        var cache = services.GetRequiredService<HybridCache>();
        var refill = new HybridCacheEntryOptions { Flags = HybridCacheEntryFlags.DisableLocalCacheRead | HybridCacheEntryFlags.DisableDistributedCacheRead };

        await late.Overtaken(value => cache.GetOrCreateAsync("closing", _ => new ValueTask<string>(value), refill, ["t"]).AsTask());
    }

    /// <summary>The flight that waits for the one before has asked already, and been told to wait: it does not look again before the commit's answer is there.</summary>
    [Fact]
    public async Task Read_AfterAnUpdate_ThatJoinsOneThatWaitsForACommit_DoesNotTakeItsValue()
    {
        using var silo = await EntrySilo.Serve();
        var late = new LateAnswers(silo);
        await using var services = ProcessOver.Start(silo);
        var cache = services.GetRequiredService<ITagCache>();
        late.HoldCommits();

        var before = Read("old");
        await late.Sent.Soon();
        var beside = Read("beside");
        await late.Busy.Soon();
        late.LetCommitsArrive();
        await late.Stored.Soon();
        Assert.True((await silo.Update("t")).IsComplete);
        var after = Read("after");
        late.LetAnswersArrive();

        Assert.Equal(("old", "beside", "beside"), (await before.Soon(), await beside.Soon(), await after.Soon()));

        Task<string> Read(string value) => cache.GetOrCreateAsync("closing", (_, _) => new ValueTask<string>(value), new() { Tags = ["t"] }).AsTask();
    }

    /// <summary>Entries that store what they are given at once, and say so when they are told to.</summary>
    private sealed class LateAnswers
    {
        private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _busy = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private TaskCompletionSource? _mayArrive;
        private readonly TaskCompletionSource _stored = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _mayAnswer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly EntrySilo _silo;

        public LateAnswers(EntrySilo silo)
        {
            _silo = silo;
            silo.Around = entry => new Late(entry, this);
        }

        /// <summary>A commit was sent.</summary>
        public Task Sent => _sent.Task;

        /// <summary>A reader was told that a generation is in flight.</summary>
        public Task Busy => _busy.Task;

        /// <summary>A value was stored.</summary>
        public Task Stored => _stored.Task;

        /// <summary>From now on commits do not arrive.</summary>
        public void HoldCommits() => _mayArrive = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void LetCommitsArrive() => _mayArrive!.SetResult();

        public void LetAnswersArrive() => _mayAnswer.SetResult();

        public async Task Overtaken(Func<string, Task<string>> read)
        {
            var before = read("old");
            await _stored.Task.Soon();
            Assert.True((await _silo.Update("t")).IsComplete);
            var after = read("new");
            _mayAnswer.SetResult();
            Assert.Equal("old", await before.Soon());
            Assert.Equal("new", await after.Soon());
        }

        private async ValueTask<T> Hold<T>(ValueTask<T> answer)
        {
            var said = await answer;
            _stored.TrySetResult();
            await _mayAnswer.Task.Soon();
            return said;
        }

        private sealed class Late(IEntryGrain entry, LateAnswers answers) : EntryAround(entry)
        {
            public override async ValueTask<Acquired> Acquire(AcquireRequest request)
            {
                var answer = await base.Acquire(request);
                if (answer.Status == AcquireStatus.Busy)
                {
                    answers._busy.TrySetResult();
                }

                return answer;
            }

            public override async ValueTask<CommitOutcome> Commit(TokenId token, EntryData data, SessionId[]? sessions = null)
            {
                answers._sent.TrySetResult();
                if (answers._mayArrive is { } mayArrive)
                {
                    await mayArrive.Task.Soon();
                }

                return await answers.Hold(base.Commit(token, data, sessions));
            }

            public override ValueTask<SetOutcome> Set(TokenId token, EntryData data, TimeSpan age, string? trace = null, SetSince? since = null) => answers.Hold(base.Set(token, data, age, trace, since));
        }
    }
}
