using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Near;
using Xunit;

namespace OrleansTagCache.Tests.Client.Holds;

/// <summary>What reads and sets of a process do while a tag is held.</summary>
public sealed class HeldReadsTests : IAsyncLifetime
{
    private static readonly CacheEntryOptions Tagged = new() { Tags = ["t"] };

    private EntrySilo _silo = null!;
    private ServiceProvider _process = null!;
    private ITagCache _cache = null!;
    private string _source = "old";
    private int _runs;

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

    /// <summary>From the moment of the change on, and not only from the release.</summary>
    [Fact]
    public async Task Read_AfterAChangeUnderAHold_IsNew_AndNothingIsStoredUntilTheRelease()
    {
        Assert.Equal(["old", "old"], [await Read(), await Read()]);
        Assert.Equal((1, 1), (_runs, Near.Count));

        await using var hold = await Hold("t");
        Assert.Equal("old", await Read());
        _source = "new";

        Assert.Equal(["new", "new"], [await Read(), await Read()]);
        Assert.Equal(4, _runs);
        Assert.Null(Near.Find("key", freshOnly: false).Entry);
        Assert.False((await _cache.TryGetAsync<string>("key")).HasValue);
        Assert.True(await hold.ReleaseAsync());
        Assert.Equal(["new", "new"], [await Read(), await Read()]);
        Assert.Equal(5, _runs);
    }

    [Fact]
    public async Task Read_UnderAHoldOfEverything_IsStoredNowhere()
    {
        await using var hold = await Hold("*");

        Assert.Equal(["old", "old"], [await Read(), await Read()]);

        Assert.Equal((2, 0), (_runs, Near.Count));
    }

    /// <summary>Two holds of one tag: the end of one is not that of the other.</summary>
    [Fact]
    public async Task Read_UnderTwoHolds_IsStoredAfterTheLast()
    {
        await using var first = await Hold("t");
        await using var second = await Hold("t");

        Assert.True(await first.ReleaseAsync());
        Assert.Equal(["old", "old"], [await Read(), await Read()]);
        Assert.Equal(2, _runs);
        Assert.True(await second.ReleaseAsync());

        Assert.Equal(["old", "old"], [await Read(), await Read()]);
        Assert.Equal(3, _runs);
    }

    /// <summary>A hold whose holder has died ends by itself.</summary>
    [Fact]
    public async Task Read_AfterTheTimeOfAHoldThatNobodyReleased_IsStored()
    {
        await Hold("t");
        Assert.Equal("old", await Read());

        _silo.Time.Advance(TimeSpan.FromSeconds(11));

        Assert.Equal(["old", "old"], [await Read(), await Read()]);
        Assert.Equal(2, _runs);
    }

    /// <summary>What the first reader's factory read may be from before the change, and the second one came after it.</summary>
    [Fact]
    public async Task Read_ThatComesDuringARunUnderAHold_RunsItsOwn()
    {
        await using var hold = await Hold("t");
        var (begun, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var first = _cache.GetOrCreateAsync("key", async (_, _) =>
        {
            var read = _source;
            begun.SetResult();
            await goOn.Task;
            return read;
        }, Tagged).AsTask();
        await begun.Task.Soon();
        _source = "new";

        var second = Read().AsTask();
        goOn.SetResult();

        Assert.Equal(["old", "new"], [await first.Soon(), await second.Soon()]);
    }

    /// <summary>None of them will be stored: readers do not wait for each other.</summary>
    [Fact]
    public async Task Reads_AfterOneThatWasNotStored_RunSideBySide()
    {
        await using var hold = await Hold("t");
        await Read();
        var (begun, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var slow = _cache.GetOrCreateAsync("key", async (_, _) =>
        {
            begun.SetResult();
            await goOn.Task;
            return "slow";
        }, Tagged).AsTask();
        await begun.Task.Soon();

        Assert.Equal("old", await Read().AsTask().Soon());

        goOn.SetResult();
        Assert.Equal("slow", await slow.Soon());
    }

    /// <summary>A tag that only the factory knows counts as the others.</summary>
    [Fact]
    public async Task Read_WhoseTagIsDiscoveredLate_IsStoredNowhere()
    {
        await using var hold = await Hold("t");

        for (var i = 0; i < 2; i++)
        {
            await _cache.GetOrCreateAsync("key", (context, _) =>
            {
                _runs++;
                context.Tag("t");
                return new ValueTask<string>(_source);
            });
        }

        Assert.Equal((2, 0), (_runs, Near.Count));
    }

    [Fact]
    public async Task Read_OfAnEntryMadeFromAHeldOne_IsStoredNowhere()
    {
        await using var hold = await Hold("t");

        Assert.Equal(["old", "old"], [await Outer(), await Outer()]);

        Assert.Equal((2, 0), (_runs, Near.Count));

        ValueTask<string> Outer() => _cache.GetOrCreateAsync("outer", (_, _) => Read());
    }

    [Fact]
    public async Task ReadMany_UnderAHold_StoresThoseAlone_WhoseTagsAreNotHeld()
    {
        await using var hold = await Hold("t");

        for (var i = 0; i < 2; i++)
        {
            await _cache.GetOrCreateManyAsync(
                ["held", "free"],
                (context, _) =>
                {
                    _runs += context.Keys.Count;
                    return new ValueTask<Dictionary<string, string>>(context.Keys.ToDictionary(key => key, _ => _source));
                },
                key => key == "held" ? Tagged : null);
        }

        Assert.Equal(3, _runs);
        Assert.Equal(["free"], (await _cache.GetManyAsync<string>(["held", "free"])).Keys);
    }

    [Fact]
    public async Task Set_UnderAHold_StoresNothing_AndEndsWhatTheKeyHad()
    {
        await _cache.SetAsync("key", "before");
        await using var hold = await Hold("t");

        await _cache.SetAsync("key", "set", Tagged);

        Assert.False((await _cache.TryGetAsync<string>("key")).HasValue);
    }

    [Fact]
    public async Task Update_OfAHeldTag_LeavesItHeld()
    {
        await using var hold = await Hold("t");

        using (ServerAction.Begin())
        {
            await _cache.UpdateTagAsync("t");
        }

        Assert.Equal(["old", "old"], [await Read(), await Read()]);
        Assert.Equal(2, _runs);
        Assert.True(await hold.ReleaseAsync());
    }

    [Fact]
    public async Task Hold_OutsideAServerAction_IsRefused() =>
        await Assert.ThrowsAsync<ServerActionRequiredException>(async () => await _cache.HoldAsync(["t"]));

    [Fact]
    public async Task Hold_InAFactory_IsRefused()
    {
        using var action = ServerAction.Begin();

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await _cache.GetOrCreateAsync("key", async (_, token) =>
        {
            await _cache.HoldAsync(["t"], cancellationToken: token);
            return "made";
        }));
    }

    [Theory]
    [InlineData(0, 1, "tags")]
    [InlineData(129, 1, "tags")]
    [InlineData(1, 0, "atMost")]
    [InlineData(1, 61, "atMost")]
    public async Task Hold_BeyondALimit_IsRefused(int tags, double seconds, string parameter)
    {
        using var action = ServerAction.Begin();

        var refused = await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await _cache.HoldAsync([.. Enumerable.Range(0, tags).Select(i => $"t{i}")], TimeSpan.FromSeconds(seconds)));

        Assert.Equal(parameter, refused.ParamName);
    }

    [Fact]
    public async Task Hold_BeyondTheSilosBound_IsRefused_WithItsReason()
    {
        for (var i = 0; i < InvalidatorHost.MaximumHolds; i++)
        {
            await Hold("t");
        }

        // Shorter than the others: none of them ends while it is tried.
        var taking = Hold("t", TimeSpan.FromSeconds(2)).AsTask();
        await Waits.Advance(_silo.Time, TimeSpan.FromMilliseconds(10), () => taking.IsCompleted);

        var refused = await Assert.ThrowsAsync<TagCacheUnavailableException>(() => taking);
        Assert.StartsWith("The tags could not be held within 00:00:02. The silo holds 3 holds; MaximumHolds is 3. ", refused.Message, StringComparison.Ordinal);
    }

    private NearCache Near => _process.GetRequiredService<NearCache>();

    private ValueTask<string> Read() => _cache.GetOrCreateAsync("key", (_, _) =>
    {
        _runs++;
        return new ValueTask<string>(_source);
    }, Tagged);

    private async ValueTask<ITagHold> Hold(string tag, TimeSpan? atMost = null)
    {
        using var action = ServerAction.Begin();
        return await _cache.HoldAsync([tag], atMost);
    }
}
