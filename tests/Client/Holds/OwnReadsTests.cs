using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace OrleansTagCache.Tests.Client.Holds;

/// <summary>What a server action reads while it holds tags: its factories may see what its transaction has not committed.</summary>
public sealed class OwnReadsTests : IAsyncLifetime
{
    private static readonly CacheEntryOptions Tagged = new() { Tags = ["t"] };

    private readonly TaskCompletionSource _begun = new();
    private readonly TaskCompletionSource _goOn = new();
    private EntrySilo _silo = null!;
    private ServiceProvider _process = null!;
    private ITagCache _cache = null!;

    public async Task InitializeAsync()
    {
        _silo = await EntrySilo.Serve();
        _process = ProcessOver.Start(_silo);
        _cache = _process.GetRequiredService<ITagCache>();
    }

    public async Task DisposeAsync()
    {
        await _process.DisposeAsync();
        _silo.Dispose();
    }

    /// <summary>The other reader came before that factory began, which would do for every other value.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Read_WithinAHold_IsNotGivenToAnotherReaderThatWaitedWithIt(bool isInside)
    {
        var outside = ExecutionContext.Capture()!;
        var slow = SlowRead();
        await _begun.Task.Soon();
        using var action = ServerAction.Begin();
        await using var first = isInside ? await HoldInside("first") : await _cache.HoldAsync(["first"]);

        // They wait for the one whose factory runs, and what that makes is worth nothing any more: so the first of them has its own run, for both.
        var own = Read("uncommitted");
        Task<string>? other = null;
        ExecutionContext.Run(outside, _ => other = Read("committed"), state: null);
        await using var hold = await _cache.HoldAsync(["t"]);
        _goOn.SetResult();

        Assert.Equal(["uncommitted", "committed"], [await own.Soon(), await other!.Soon()]);
        await slow.Soon();
    }

    /// <summary>As an endpoint that is marked: nothing says to the code when its action begins.</summary>
    [Fact]
    public async Task Read_WithinAHoldOfAnActionWithoutAScope_IsNotGivenToAnotherReaderThatWaitedWithIt()
    {
        await _process.DisposeAsync();
        _process = ProcessOver.Start(_silo, services => services.AddSingleton<IServerActionSource, AlwaysAction>());
        _cache = _process.GetRequiredService<ITagCache>();
        var outside = ExecutionContext.Capture()!;
        var slow = SlowRead();
        await _begun.Task.Soon();
        await using var first = await _cache.HoldAsync(["first"]);

        var own = Read("uncommitted");
        Task<string>? other = null;
        ExecutionContext.Run(outside, _ => other = Read("committed"), state: null);
        await using var hold = await _cache.HoldAsync(["t"]);
        _goOn.SetResult();

        Assert.Equal(["uncommitted", "committed"], [await own.Soon(), await other!.Soon()]);
        await slow.Soon();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Hold_IsItsActions_UntilTheOutcomeIsKnown(bool isAbandoned)
    {
        using var outer = ServerAction.Begin();
        var (first, second) = (await HoldInside("t"), await HoldInside("t"));
        Assert.True(ServerAction.IsHolding([]));
        await first.ReleaseAsync();
        await first.ReleaseAsync();
        Assert.True(ServerAction.IsHolding([]));
        if (isAbandoned)
        {
            second.Abandon();
        }
        else
        {
            await second.ReleaseAsync();
        }

        Assert.False(ServerAction.IsHolding([]));
    }

    /// <summary>As a library does that takes the hold within an action of its own.</summary>
    private async Task<ITagHold> HoldInside(string tag)
    {
        using var action = ServerAction.Begin();
        return await _cache.HoldAsync([tag]);
    }

    private Task<string> SlowRead() => _cache.GetOrCreateAsync(
        "key",
        async (_, _) =>
        {
            _begun.SetResult();
            await _goOn.Task;
            return "slow";
        },
        Tagged).AsTask();

    private Task<string> Read(string made) => _cache.GetOrCreateAsync("key", (_, _) => new ValueTask<string>(made), Tagged).AsTask();

    private sealed class AlwaysAction : IServerActionSource
    {
        public ActionScope Current { get; } = new();
    }
}
