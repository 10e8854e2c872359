using Microsoft.Extensions.Logging.Abstractions;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Loaders;
using OrleansTagCache.Transport;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>What is under way when the process stops is decided then, not when its time is over: no silo answers it any more.</summary>
public sealed class ClosedTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);
    private static readonly EntryData Data = new(Payload.Null, [], null, CacheLife.Max);

    private readonly Reachability _reachability = new(TimeProvider.System, NullLogger<Reachability>.Instance);

    public void Dispose() => _reachability.Dispose();

    [Fact]
    public async Task Close_WhileChangesAreUnderWay_LeavesThemIncomplete()
    {
        var changes = FakeEntries.Over(new SilentEntry(), TimeProvider.System, _reachability);
        var set = changes.Set("key", Data, TimeProvider.System.Now(), Long, CancellationToken.None);
        var removal = changes.Remove("key", Long, CancellationToken.None);

        _reachability.Close();

        await Assert.ThrowsAsync<TagUpdateIncompleteException>(() => set.WaitAsync(ClientApp.AtOnce, TimeProvider.System));
        await Assert.ThrowsAsync<TagUpdateIncompleteException>(() => removal.WaitAsync(ClientApp.AtOnce, TimeProvider.System));
        await Assert.ThrowsAsync<TagCacheUnavailableException>(() => changes.Remove("key", Long, CancellationToken.None));
    }

    [Fact]
    public async Task Close_WhileReadsAndCommitsAreUnderWay_EndsThem()
    {
        var calls = FakeEntries.Reads(new SilentEntry(), TimeProvider.System, _reachability);
        var (some, question) = (new TokenId(Guid.NewGuid()), new AcquireRequest(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero));
        var read = calls.TryAcquire("key", question, Long, CancellationToken.None).AsTask();
        var waiting = calls.TryAcquire("key", question with { Wait = Long }, Long, CancellationToken.None).AsTask();
        var commit = calls.TryCommit("key", some, Data).AsTask();
        var abandoned = calls.TryAbandon("key", some);
        var begun = calls.TryBeginSet("key", Long);
        var set = calls.TrySet("key", some, Data, TimeSpan.Zero, Long);
        var fallenBack = calls.TryFailSafe("key", some, isOver: false);

        _reachability.Close();

        Assert.Null(await read.WaitAsync(ClientApp.AtOnce, TimeProvider.System));
        Assert.Null(await waiting.WaitAsync(ClientApp.AtOnce, TimeProvider.System));
        Assert.Null(await commit.WaitAsync(ClientApp.AtOnce, TimeProvider.System));
        Assert.False(await abandoned.WaitAsync(ClientApp.AtOnce, TimeProvider.System));
        Assert.True((await begun.WaitAsync(ClientApp.AtOnce, TimeProvider.System)).IsNone);
        Assert.Null(await set.WaitAsync(ClientApp.AtOnce, TimeProvider.System));
        Assert.Null(await fallenBack.WaitAsync(ClientApp.AtOnce, TimeProvider.System));
    }

    [Fact]
    public async Task Close_WhileALoadIsUnderWay_EndsIt()
    {
        var loads = new RemoteLoads(FakeEntries.Factory(new SilentLoader()), _reachability, TimeProvider.System);
        var load = loads.Load("loader", new("default", "loader:1", Stale: null, Long), CancellationToken.None);

        _reachability.Close();

        await Assert.ThrowsAsync<TagCacheUnavailableException>(() => load.WaitAsync(ClientApp.AtOnce, TimeProvider.System));
    }

    /// <summary>Never answers.</summary>
    private sealed class SilentEntry : IEntryGrain
    {
        public ValueTask<Acquired> Acquire(AcquireRequest request) => new(Never<Acquired>());

        public ValueTask<Acquired> AcquireSoft(AcquireRequest request) => Acquire(request);

        public ValueTask<CommitOutcome> Commit(TokenId token, EntryData data, SessionId[]? sessions = null) => new(Never<CommitOutcome>());

        public ValueTask<bool> Abandon(TokenId token, bool isForStoring = true) => new(Never<bool>());

        public ValueTask<TokenId> BeginSet() => new(Never<TokenId>());

        public ValueTask<SetOutcome> Set(TokenId token, EntryData data, TimeSpan age, string? trace = null, SetSince? since = null) => new(Never<SetOutcome>());

        public ValueTask<EntrySnapshot?> FailSafe(TokenId token, bool isOver) => new(Never<EntrySnapshot?>());

        public ValueTask<UpdateOutcome> Remove(string? trace = null) => new(Never<UpdateOutcome>());

        public ValueTask<EntryDescription?> Describe() => throw new NotSupportedException();
    }

    /// <summary>Never answers.</summary>
    private sealed class SilentLoader : ILoaderGrain
    {
        public ValueTask<LoadOutcome> Load(LoadRequest request) => new(Never<LoadOutcome>());

        public ValueTask Announce(ILoaderRunner runner, TimeSpan lease) => throw new NotSupportedException();

        public ValueTask Withdraw(ILoaderRunner runner) => throw new NotSupportedException();

        public ValueTask<LoaderRunners> Runners() => throw new NotSupportedException();
    }

    private static Task<T> Never<T>() => new TaskCompletionSource<T>().Task;
}
