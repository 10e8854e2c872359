using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>A set that was given up begins nothing any more: its late token would be newer than what its caller has set since.</summary>
public sealed class LateSetTests
{
    [Fact]
    public async Task Set_GivenUpBeforeItsToken_StoresNothing()
    {
        var entry = new SlowEntry();
        var calls = FakeEntries.Over(entry, TimeProvider.System);
        using var impatience = new CancellationTokenSource();
        var set = calls.Set("key", new(Payload.Null, [], null, CacheLife.Max), TimeProvider.System.Now(), TimeSpan.FromMinutes(1), impatience.Token);

        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => set);
        entry.Token.SetResult(new(Guid.NewGuid()));

        await Task.Yield();
        Assert.False(entry.WasSet);
    }

    private sealed class SlowEntry : IEntryGrain
    {
        // Its waiters go on within SetResult, so that the test sees what they do.
        public TaskCompletionSource<TokenId> Token { get; } = new();

        public bool WasSet { get; private set; }

        public ValueTask<TokenId> BeginSet() => new(Token.Task);

        public ValueTask<SetOutcome> Set(TokenId token, EntryData data, TimeSpan age, string? trace = null, SetSince? since = null)
        {
            WasSet = true;
            return new(new SetOutcome(CommitOutcome.Stored, UpdateOutcome.Complete(1)));
        }

        public ValueTask<Acquired> Acquire(AcquireRequest request) => throw new NotSupportedException();

        public ValueTask<Acquired> AcquireSoft(AcquireRequest request) => throw new NotSupportedException();

        public ValueTask<CommitOutcome> Commit(TokenId token, EntryData data, SessionId[]? sessions = null) => throw new NotSupportedException();

        public ValueTask<bool> Abandon(TokenId token, bool isForStoring = true) => throw new NotSupportedException();

        public ValueTask<EntrySnapshot?> FailSafe(TokenId token, bool isOver) => throw new NotSupportedException();

        public ValueTask<UpdateOutcome> Remove(string? trace = null) => throw new NotSupportedException();

        public ValueTask<EntryDescription?> Describe() => throw new NotSupportedException();
    }
}
