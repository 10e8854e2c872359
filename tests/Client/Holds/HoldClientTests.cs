using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Holds;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Transport;
using Xunit;

namespace OrleansTagCache.Tests.Client.Holds;

/// <summary>How a hold is taken: again and again, each time as a new one.</summary>
public sealed class HoldClientTests : IDisposable
{
    private static readonly TagId[] Tags = [TagId.OfTag(CacheNamespace.Default, "a"), TagId.OfTag(CacheNamespace.Default, "b")];
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan UpdateTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly Reachability _reachability;
    private readonly ScriptedTag _tag = new();
    private readonly HoldKeeper _holds;

    public HoldClientTests()
    {
        _reachability = new(_time, NullLogger<Reachability>.Instance);
        _holds = FakeEntries.Holds(_tag, _time, _reachability);
    }

    public void Dispose() => _reachability.Dispose();

    [Fact]
    public async Task Hold_IsCountedFromBeforeItWasAskedFor()
    {
        var asked = _time.Now();
        _tag.OnHold = number =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(ScriptedTag.Taken(number));
        };

        var taken = await Take();

        Assert.Equal((ScriptedTag.IdOf(1), new HoldTime(asked, AtMost), 3), (taken.Id, taken.Time, taken.Members));
        Assert.Equal(asked + TimeSpan.FromSeconds(1), taken.AnsweredAt);
        Assert.Equal(AtMost, Assert.Single(_tag.Holds).AtMost);
        Assert.Equal(Tags, _tag.Holds[0].Tags);
    }

    /// <summary>Invariant H4: an attempt that was lost is not repeated; the next one is another hold, with a beginning of its own.</summary>
    [Fact]
    public async Task Hold_WhoseFirstAttemptIsLost_IsAnotherOne()
    {
        var second = Moment.Past;
        _tag.OnHold = number =>
        {
            second = _time.Now();
            return number == 1 ? new TaskCompletionSource<HoldOutcome>().Task : Task.FromResult(ScriptedTag.Taken(number));
        };

        var taking = Take();
        var begun = _time.Now();
        await Waits.Advance(_time, Step, () => taking.IsCompleted);

        var taken = await taking;
        Assert.Equal((ScriptedTag.IdOf(2), second), (taken.Id, taken.Time.AskedAt));
        Assert.InRange(second - begun, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(3.5));
    }

    [Fact]
    public async Task Hold_AnsweredWhenItsAttemptWasGivenUp_IsReleased()
    {
        var late = new TaskCompletionSource<HoldOutcome>();
        _tag.OnHold = number => number == 1 ? late.Task : Task.FromResult(ScriptedTag.Taken(number));
        var taking = Take();
        await Waits.Advance(_time, Step, () => taking.IsCompleted);

        late.SetResult(ScriptedTag.Taken(1));

        await _tag.Heard.Until(() => _tag.Releases.Length == 1);
        Assert.Equal(ScriptedTag.IdOf(1), _tag.Releases[0].Id);
        Assert.Equal(Tags, _tag.Releases[0].Tags);
    }

    [Fact]
    public async Task Hold_AnsweredWhenItsCallerHasGone_IsReleased()
    {
        var late = new TaskCompletionSource<HoldOutcome>();
        _tag.OnHold = _ => late.Task;
        using var gone = new CancellationTokenSource();
        var taking = Take(gone.Token);

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => taking.Soon());
        late.SetResult(ScriptedTag.Taken(1));

        await _tag.Heard.Until(() => _tag.Releases.Length == 1);
        Assert.Single(_tag.Holds);
    }

    /// <summary>It would be of no use, so it is not had; the members need not wait for the end of it.</summary>
    [Fact]
    public async Task Hold_WhoseTimeIsOverWhenItIsAnswered_IsReleased_AndNotHad()
    {
        _tag.OnHold = number =>
        {
            _time.Advance(AtMost);
            return Task.FromResult(ScriptedTag.Taken(number));
        };

        var refused = await Refused(Take());

        Assert.StartsWith("The tags could not be held within 00:00:10. Its time was over", refused.Message, StringComparison.Ordinal);
        await _tag.Heard.Until(() => _tag.Releases.Length == 1);
    }

    [Fact]
    public async Task Hold_ThatIsRefused_IsTriedForAsLongAsItWouldLast_AndSaysWhy()
    {
        _tag.OnHold = _ => Task.FromResult(HoldOutcome.Refused("Not now."));
        var begun = _time.Now();

        var refused = await Refused(Take());

        Assert.StartsWith("The tags could not be held within 00:00:10. Not now. ", refused.Message, StringComparison.Ordinal);
        Assert.InRange(_time.Now() - begun, TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(10.5));
        Assert.Empty(_tag.Releases);
        Assert.Empty(_tag.Updates);
    }

    [Fact]
    public async Task Hold_ThatIsRefusedOnce_IsHadAfterwards()
    {
        _tag.OnHold = number => Task.FromResult(number == 1 ? HoldOutcome.Refused("Not now.") : ScriptedTag.Taken(number));

        var taking = Take();
        await Waits.Advance(_time, Step, () => taking.IsCompleted);

        Assert.Equal(ScriptedTag.IdOf(2), (await taking).Id);
    }

    [Fact]
    public async Task Hold_WhoseCallerGoesBetweenTwoAttempts_IsNotAskedForAgain()
    {
        _tag.OnHold = _ => Task.FromResult(HoldOutcome.Refused("Not now."));
        using var gone = new CancellationTokenSource();
        var taking = Take(gone.Token);
        await _tag.Heard.Until(() => _tag.Holds.Length == 1);

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => taking.Soon());
        Assert.Single(_tag.Holds);
    }

    [Fact]
    public async Task Hold_InAProcessThatStops_EndsAtOnce()
    {
        _tag.OnHold = _ => new TaskCompletionSource<HoldOutcome>().Task;
        var taking = Take();

        _reachability.Close();

        await Assert.ThrowsAsync<TagCacheUnavailableException>(() => taking.Soon());
        await Assert.ThrowsAsync<TagCacheUnavailableException>(() => Take().Soon());
        Assert.Single(_tag.Holds);
    }

    private Task<TakenHold> Take(CancellationToken cancellationToken = default) => _holds.Begin(Tags, AtMost, UpdateTimeout, cancellationToken);

    private async Task<TagCacheUnavailableException> Refused(Task<TakenHold> taking)
    {
        await Waits.Advance(_time, Step, () => taking.IsCompleted);
        return await Assert.ThrowsAsync<TagCacheUnavailableException>(() => taking);
    }
}
