using Microsoft.Extensions.Logging.Abstractions;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;
using OrleansTagCache.Transport;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>What errors say of what was waited for.</summary>
public sealed class WaitReportTests : IDisposable
{
    private static readonly TagId[] Tags = [TagId.OfTag(CacheNamespace.Default, "secret-tag")];
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(4);

    private readonly SteppedTime _time = new();
    private readonly Reachability _reachability;
    private readonly ScriptedAnswers _tag = new();

    public WaitReportTests() => _reachability = new(_time, NullLogger<Reachability>.Instance);

    [Fact]
    public async Task Update_ThatAProcessDoesNotAcknowledge_NamesIt()
    {
        _tag.Update = () => new(UpdateOutcome.Incomplete(
            "Not acknowledged yet.", [new("S10.0.0.2:1:1", null, TimeSpan.FromSeconds(2), IsDead: true), new("web-1/42", "S10.0.0.1:1:1", TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(0.5))]));

        var failed = await Assert.ThrowsAsync<TagUpdateIncompleteException>(Update);

        Assert.Equal(CacheErrorCodes.UpdateIncomplete, failed.Code);
        Assert.Equal("update", failed.Report!.Operation);
        Assert.Equal([false, true], failed.Report.WaitsFor.Select(process => process.IsClient));
        Assert.Equal(
            [new("S10.0.0.2:1:1", null, TimeSpan.FromSeconds(2), null, IsDead: true), new("web-1/42", "S10.0.0.1:1:1", TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(0.5), IsDead: false)], failed.Report.WaitsFor);
        Assert.True(failed.Report.Attempts > 1 && failed.Report.Answers == failed.Report.Attempts);
        Assert.Contains(
            "Not acknowledged by silo S10.0.0.2:1:1 or a client of it, for 2 s, declared dead: its lease is waited out; client web-1/42 of silo S10.0.0.1:1:1, for 1.5 s, 0.5 s of its lease left.",
            failed.Message,
            StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failed.Message, StringComparison.Ordinal);
        Assert.Contains("errors.md#how-to-read-a-time-out", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Update_ThatNoSiloAnswers_SaysSoWithItsTime()
    {
        _tag.Update = () => throw new SiloUnavailableException("No gateway.");

        var failed = await Assert.ThrowsAsync<TagCacheUnavailableException>(Update);

        Assert.Equal(CacheErrorCodes.Unreachable, failed.Code);
        Assert.Equal((0, Limit, null, true), (failed.Report!.Answers, failed.Report.Limit, failed.Report.LastAnswer, failed.Report.IsConnected));
        Assert.InRange(failed.Report.Waited, Limit / 2, Limit);
        Assert.Contains("No silo has answered this process yet.", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_LongAgo_IsToldWithItsAge()
    {
        _reachability.Reached();
        _time.Advance(TimeSpan.FromSeconds(60));
        _tag.Update = () => throw new SiloUnavailableException("No gateway.");

        Assert.True((await Assert.ThrowsAsync<TagCacheUnavailableException>(Update)).Report!.LastAnswer >= TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Hold_ThatIsRefused_SaysByWhom()
    {
        _tag.Hold = () => new(HoldOutcome.Refused("Not acknowledged yet.", [new("web-1/42", "S10.0.0.1:1:1", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1))]));

        var holding = FakeEntries.Holds(_tag, _time, _reachability).Begin(Tags, TimeSpan.FromSeconds(10), Limit, default);
        await Waits.Advance(_time, TimeSpan.FromMilliseconds(10), () => holding.IsCompleted);

        var failed = await Assert.ThrowsAsync<TagCacheUnavailableException>(() => holding);

        Assert.Equal((CacheErrorCodes.HoldRefused, "hold", "web-1/42"), (failed.Code, failed.Report!.Operation, Assert.Single(failed.Report.WaitsFor).Name));
    }

    [Fact]
    public void Process_ThatIsNotConnected_SaysWhy()
    {
        using var early = new Reachability(_time, NullLogger<Reachability>.Instance, isConnected: false);
        Assert.Equal(CacheErrorCodes.NotConnected, early.WhyNot("update")!.Code);
        Assert.False(early.WhyNot("update")!.Report!.IsConnected);
        early.Connected();
        early.Refused(new TagCacheVersionException("Versions."));
        Assert.Equal(CacheErrorCodes.VersionRefused, early.WhyNot("update")!.Code);
        early.Close();
        Assert.Equal(CacheErrorCodes.Stopping, early.WhyNot("update")!.Code);
        Assert.Equal(0, early.CallsInFlight);
    }

    [Fact]
    public async Task CallsInFlight_CountThoseThatWait()
    {
        var answer = new TaskCompletionSource<UpdateOutcome>();
        _tag.Update = () => new(answer.Task);
        var update = FakeEntries.Tags(_tag, _time, _reachability).Update(new(Tags, null), Limit, default);
        Assert.Equal(1, _reachability.CallsInFlight);

        answer.SetResult(UpdateOutcome.Complete(1));
        await update;

        Assert.Equal(0, _reachability.CallsInFlight);
    }

    [Fact]
    public void Pool_WithMoreWorkThanThreads_IsNamedStarved()
    {
        var report = Empty with { PoolThreads = 4, PoolMinimum = 8, PoolQueued = 9 };

        Assert.True(report.IsPoolStarved);
        Assert.Contains("4 threads (minimum 8), 9 queued, which is starvation", report.ToString(), StringComparison.Ordinal);
        Assert.False((report with { PoolQueued = 8 }).IsPoolStarved);
    }

    [Fact]
    public async Task Report_OfAStarvedPool_CountsItsQueue()
    {
        using var release = new ManualResetEventSlim();
        var blocked = new List<Task>();
        try
        {
            // Threads come slowly: what is queued behind those that block stays there.
            blocked.AddRange(Enumerable.Range(0, 400).Select(_ => Task.Run(release.Wait)));
            using var wait = new CallWait("update", Limit, _reachability, endpoints: null, _time);
            Assert.True(wait.Report().IsPoolStarved, wait.Report().ToString());
        }
        finally
        {
            release.Set();
            await Task.WhenAll(blocked);
        }
    }

    [Fact]
    public void Text_HasABound()
    {
        var report = Empty with { WaitsFor = [.. Enumerable.Range(0, 100).Select(i => new WaitedForProcess(new string('x', 100), "silo", default, null, false))] };

        Assert.InRange(report.ToString().Length, 1_000, 2_000);
    }

    [Fact]
    public void Names_FromTheWire_AreBounded()
    {
        using var wait = new CallWait("update", Limit, _reachability, endpoints: null, _time);
        wait.Answered([.. Enumerable.Range(0, 50).Select(_ => new Unacknowledged(new string('x', 5_000), null, default))]);

        Assert.Equal((Unacknowledged.Most, 128), (wait.Report().WaitsFor.Count, wait.Report().WaitsFor[0].Name.Length));
    }

    public void Dispose() => _reachability.Dispose();

    private static WaitReport Empty { get; } = new() { Operation = "update", Waited = default, Limit = default };

    /// <summary>Runs the call to its end: time passes whenever it waits.</summary>
    private async Task Update()
    {
        var update = FakeEntries.Tags(_tag, _time, _reachability).Update(new(Tags, null), Limit, default);
        await Waits.Advance(_time, TimeSpan.FromMilliseconds(10), () => update.IsCompleted);
        await update;
    }

    private sealed class ScriptedAnswers : ITagGrain
    {
        public Func<ValueTask<UpdateOutcome>> Update { get; set; } = null!;

        public Func<ValueTask<HoldOutcome>> Hold { get; set; } = null!;

        ValueTask<UpdateOutcome> ITagGrain.Update(UpdateRequest request, Guid requestId) => Update();

        ValueTask<UpdateOutcome> ITagGrain.UpdateAll(UpdateRequest request, Guid requestId) => Update();

        ValueTask<HoldOutcome> ITagGrain.Hold(HoldRequest request) => Hold();

        public ValueTask<bool> Release(HoldRelease hold) => new(true);

        public ValueTask<TagDescription> Describe() => throw new NotSupportedException();

        public ValueTask<DependentsPage> Dependents(int limit, string? after) => throw new NotSupportedException();
    }
}
