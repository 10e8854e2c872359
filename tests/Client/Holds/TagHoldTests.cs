using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Holds;
using OrleansTagCache.Names;
using OrleansTagCache.Transport;
using Xunit;

namespace OrleansTagCache.Tests.Client.Holds;

/// <summary>How a hold ends: released, lapsed or abandoned.</summary>
public sealed class TagHoldTests : IDisposable
{
    private static readonly string[] Tags = ["a", "b"];
    private static readonly TagId[] Ids = Array.ConvertAll(Tags, tag => TagId.OfTag(CacheNamespace.Default, tag));
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan UpdateTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    private readonly ArmedTime _time = new();
    private readonly Reachability _reachability;
    private readonly ScriptedTag _tag = new();
    private readonly CapturedLog _log = new();
    private readonly HoldKeeper _keeper;

    public TagHoldTests()
    {
        _reachability = new(_time, NullLogger<Reachability>.Instance);
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(_log));
        _keeper = FakeEntries.Holds(_tag, _time, _reachability, loggers.CreateLogger<HoldKeeper>());
    }

    public void Dispose()
    {
        _reachability.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task Hold_IsHeldUntilItsTimeIsOver()
    {
        await using var hold = await Take();

        Assert.Equal(Tags, hold.Tags);
        Assert.Equal((true, TimeSpan.FromSeconds(9.9)), (hold.IsHeld, hold.Remaining));
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal((true, TimeSpan.FromSeconds(0.9)), (hold.IsHeld, hold.Remaining));
        _time.Advance(TimeSpan.FromSeconds(0.9));
        Assert.Equal((false, TimeSpan.Zero), (hold.IsHeld, hold.Remaining));
    }

    [Fact]
    public async Task Release_InTime_IsHeld_AndUpdatesNothing()
    {
        var hold = await Take();

        Assert.True(await hold.ReleaseAsync());

        Assert.False(hold.IsHeld);
        Assert.Equal((ScriptedTag.IdOf(1), Ids.Length), (Assert.Single(_tag.Releases).Id, _tag.Releases[0].Tags.Length));
        Assert.Empty(_tag.Updates);
        Assert.Empty(_log.Text);
    }

    /// <summary>The first of them ends it; the others hear how.</summary>
    [Fact]
    public async Task Release_Again_HearsOfTheSameEnd()
    {
        var asked = new TaskCompletionSource<bool>();
        _tag.OnRelease = () => asked.Task;
        var hold = await Take();

        Task<bool>[] all = [hold.ReleaseAsync().AsTask(), hold.ReleaseAsync().AsTask()];
        var disposal = hold.DisposeAsync().AsTask();
        hold.Abandon();
        Assert.DoesNotContain(all.Append(disposal), one => one.IsCompleted);
        asked.SetResult(true);

        Assert.All(await Task.WhenAll(all).Soon(), Assert.True);
        await disposal.Soon();
        _time.Advance(AtMost * 2);
        Assert.True(await hold.ReleaseAsync());
        Assert.Single(_tag.Releases);
        Assert.Empty(_tag.Updates);
    }

    /// <summary>Invariant H4: what members still hold says nothing when the holder's own time is over.</summary>
    [Fact]
    public async Task Release_AfterItsTime_Updates()
    {
        var hold = await Take();
        _time.Advance(TimeSpan.FromSeconds(9.9));

        Assert.False(await hold.ReleaseAsync());

        Assert.Equal((Ids.Length, (TimeSpan?)null), (Assert.Single(_tag.Updates).Tags.Length, _tag.Updates[0].StaleFor));
        Assert.Contains("after its 00:00:10 were over", _log.Text, StringComparison.Ordinal);
    }

    /// <summary>The clock that counts is that of the moment when the outcome was known, not of the answer.</summary>
    [Fact]
    public async Task Release_WhoseAnswerComesAfterItsTime_IsHeld()
    {
        var hold = await Take();
        _tag.OnRelease = () =>
        {
            _time.Advance(TimeSpan.FromSeconds(1.5));
            return Task.FromResult(true);
        };
        _time.Advance(TimeSpan.FromSeconds(9));

        Assert.True(await hold.ReleaseAsync());
    }

    /// <summary>Invariant H4.</summary>
    [Fact]
    public async Task Release_OfWhichTheSiloCannotTell_Updates()
    {
        _tag.OnRelease = () => Task.FromResult(false);
        var hold = await Take();

        Assert.False(await hold.ReleaseAsync());

        Assert.Single(_tag.Updates);
        Assert.Contains("No silo could confirm that a hold of 2 tags was held", _log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Release_ThatNoSiloAnswers_Updates()
    {
        _tag.OnRelease = () => new TaskCompletionSource<bool>().Task;
        var hold = await Take();

        var releasing = hold.ReleaseAsync().AsTask();
        await Waits.Advance(_time, Step, () => releasing.IsCompleted);

        Assert.False(await releasing);
        Assert.Single(_tag.Updates);
    }

    [Fact]
    public async Task Release_WhoseUpdateIsIncomplete_SaysSo_ToAllWhoWait()
    {
        _tag.OnRelease = () => Task.FromResult(false);
        _tag.OnUpdate = _ => UpdateOutcome.Incomplete("One silo is silent.");
        var hold = await Take();

        var releasing = hold.ReleaseAsync().AsTask();
        await Waits.Advance(_time, TimeSpan.FromMilliseconds(100), () => releasing.IsCompleted);

        await Assert.ThrowsAsync<TagUpdateIncompleteException>(() => releasing);
        await Assert.ThrowsAsync<TagUpdateIncompleteException>(() => hold.DisposeAsync().AsTask().Soon());
    }

    [Fact]
    public async Task Release_WhoseCallerHasGone_GoesOn()
    {
        var asked = new TaskCompletionSource<bool>();
        _tag.OnRelease = () => asked.Task;
        var hold = await Take();
        using var gone = new CancellationTokenSource();
        var releasing = hold.ReleaseAsync(gone.Token).AsTask();

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => releasing.Soon());
        asked.SetResult(false);

        Assert.False(await hold.ReleaseAsync().AsTask().Soon());
        Assert.Single(_tag.Updates);
    }

    /// <summary>Nothing blocks a process that stops: every member ends the hold by itself.</summary>
    [Fact]
    public async Task Release_InAProcessThatStops_ThrowsAtOnce()
    {
        _tag.OnRelease = () => new TaskCompletionSource<bool>().Task;
        var hold = await Take();
        var releasing = hold.ReleaseAsync().AsTask();

        _reachability.Close();

        await Assert.ThrowsAsync<TagCacheUnavailableException>(() => releasing.Soon());
    }

    /// <summary>The change may come as long as the hold is held anywhere: the tags are updated when it is nowhere, and until that has been done.</summary>
    [Fact]
    public async Task Abandon_LeavesItToItsTime_AndUpdatesThen_UntilThatIsDone()
    {
        var hold = await Take();
        _tag.OnUpdate = number => number == 1 ? throw new InvalidOperationException("Broken.") : UpdateOutcome.Complete(3);

        hold.Abandon();

        await hold.DisposeAsync().AsTask().Soon();
        Assert.True(hold.IsHeld);
        var releasing = hold.ReleaseAsync().AsTask();
        await _time.IsArmed(LeaseTerms.WaitOut(AtMost));
        _time.Advance(LeaseTerms.WaitOut(AtMost) - TimeSpan.FromTicks(1));
        Assert.Empty(_tag.Updates);
        Assert.False(releasing.IsCompleted);
        await Waits.Advance(_time, Step, () => releasing.IsCompleted);

        Assert.False(await releasing);
        Assert.Equal(2, _tag.Updates.Length);
        Assert.Empty(_tag.Releases);
    }

    [Fact]
    public async Task Abandon_InAProcessThatStops_IsSaid()
    {
        var hold = await Take();
        hold.Abandon();
        await _time.IsArmed(LeaseTerms.WaitOut(AtMost));

        _reachability.Close();

        Assert.False(await hold.ReleaseAsync().AsTask().Soon());
        Assert.Contains("This process stops before the 2 tags of a hold that was abandoned were updated", _log.Text, StringComparison.Ordinal);
    }

    private async Task<ITagHold> Take() => new TagHold(Tags, await _keeper.Begin(Ids, AtMost, UpdateTimeout, CancellationToken.None), _keeper, ServerAction.BeginHolding(), UpdateTimeout, _time);
}
