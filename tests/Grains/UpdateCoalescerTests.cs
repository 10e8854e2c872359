using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;
using OrleansTagCache.Tags;
using OrleansTagCache.Tasks;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>Which updates of a tag share one run.</summary>
public sealed class UpdateCoalescerTests
{
    private static readonly TagId[] Tags = [TagId.OfTag(CacheNamespace.Default, "a"), TagId.OfTag(CacheNamespace.Default, "b")];

    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly List<(TagId[] Tags, TaskCompletionSource<UpdateOutcome> End)> _runs = [];
    private readonly TaskCompletionSource[] _begun = [.. Enumerable.Range(0, 8).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))];
    private readonly AsyncLocal<string?> _local = new();
    private readonly List<string?> _locals = [];
    private readonly UpdateCoalescer _coalescer;

    public UpdateCoalescerTests() => _coalescer = new(
        (tags, _) =>
        {
            var end = new TaskCompletionSource<UpdateOutcome>();
            _runs.Add((tags, end));
            _locals.Add(_local.Value);
            _begun[_runs.Count - 1].SetResult();
            return end.Task;
        },
        Memory,
        _time);

    [Fact]
    public async Task Join_WhileAChangeIsOnItsWay_SharesTheNext()
    {
        var first = Join(Guid.NewGuid(), Tags[..1]);
        var second = Join(Guid.NewGuid(), Tags[..1]);
        var third = Join(Guid.NewGuid(), Tags[1..]);

        Assert.Single(_runs);
        await End(0, "first");
        Assert.Equal("first", (await first).Reason);
        await Begun(1);
        Assert.False(second.IsCompleted);
        Assert.Equal(2, _runs.Count);
        Assert.Equal(Tags.ToHashSet(), _runs[1].Tags.ToHashSet());

        await End(1, "next");
        Assert.Equal("next", (await second).Reason);
        Assert.Same(second, third);
        Assert.True(_coalescer.TryRetire());
    }

    [Fact]
    public async Task Join_AgainByTheSame_SharesTheChangeThatBeganForIt()
    {
        var requestId = Guid.NewGuid();
        var first = Join(requestId, Tags);
        Assert.Same(first, Join(requestId, Tags));

        await End(0, "slow");
        await first;
        Assert.Single(_runs);

        // That one is over and was not complete: it is repeated.
        Assert.NotSame(first, Join(requestId, Tags));
        Assert.Equal(2, _runs.Count);
    }

    [Fact]
    public async Task Join_AgainByTheSameAfterItsChangeWasComplete_HearsOfThatForAWhile()
    {
        var (requestId, other) = (Guid.NewGuid(), Guid.NewGuid());
        var first = Join(requestId, Tags);
        _runs[0].End.SetResult(UpdateOutcome.Complete(3));
        await first;

        _time.Advance(Memory - TimeSpan.FromMilliseconds(1));
        Assert.False(_coalescer.TryRetire());
        Assert.Same(first, Join(requestId, Tags));
        Assert.Single(_runs);

        // That one began before these asked.
        var next = Join(other, Tags);
        Assert.Same(first, Join(requestId, Tags));
        await End(1, "next");
        await next;
        Assert.Same(first, Join(requestId, Tags));
        Assert.NotSame(first, Join(Guid.Empty, Tags));
        await End(2, "nobody's");
        Assert.Equal(3, _runs.Count);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.NotSame(first, Join(requestId, Tags));
        Assert.Equal(4, _runs.Count);
    }

    /// <summary>Otherwise callers without end would be one update without end, and one message.</summary>
    [Fact]
    public async Task Join_BeyondTheTagsThatAreShared_SharesOneThatFollows()
    {
        var first = Join(Guid.NewGuid(), Tags);
        var joined = new Task<UpdateOutcome>[10];
        for (var i = 0; i < joined.Length; i++)
        {
            joined[i] = Join(Guid.NewGuid(), [.. Enumerable.Range(i * 1_024, 1_024).Select(tag => TagId.OfTag(CacheNamespace.Default, $"t{tag}"))]);
        }

        var many = Join(Guid.NewGuid(), [.. Enumerable.Range(0, 5_000).Select(tag => TagId.OfTag(CacheNamespace.Default, $"many{tag}"))]);
        for (var run = 0; run < 5; run++)
        {
            Assert.False(_coalescer.TryRetire());
            await End(run, $"{run}");
            await Begun(Math.Min(run + 1, 4));
        }

        Assert.Equal([2, 4_096, 4_096, 2_048, 5_000], _runs.Select(run => run.Tags.Length));
        Assert.Equal("0", (await first).Reason);
        Assert.Equal(["1", "1", "1", "1", "2", "2", "2", "2", "3", "3"], (await Task.WhenAll(joined)).Select(outcome => outcome.Reason));
        Assert.Equal("4", (await many).Reason);
        Assert.True(_coalescer.TryRetire());
    }

    /// <summary>Those that follow are for others.</summary>
    [Fact]
    public async Task Join_BehindAnother_RunsInNoCallersContext()
    {
        _local.Value = "the first";
        var first = Join(Guid.NewGuid(), Tags);
        _local.Value = "the second";
        var second = Join(Guid.NewGuid(), Tags);
        await End(0, "first");
        await End(1, "next");
        await first;
        await second;
        Assert.Equal(["the first", null], _locals);
    }

    [Fact]
    public async Task TryRetire_WhileCallersWait_SaysNo()
    {
        var first = Join(Guid.NewGuid(), Tags);
        var next = Join(Guid.NewGuid(), Tags);
        Assert.False(_coalescer.TryRetire());

        await End(0, "first");
        await first;
        Assert.False(_coalescer.TryRetire());

        await End(1, "next");
        await next;
        Assert.True(_coalescer.TryRetire());
        Assert.False(_coalescer.TryJoin(Guid.NewGuid(), Tags, traces: null, out _));
        Assert.Equal(2, _runs.Count);
    }

    /// <summary>Each caller's update begins after the caller came, and each hears of one that has ended.</summary>
    [Fact]
    public async Task Join_ByManyThreads_SharesOnlyWhatBeganAfterwards()
    {
        var begun = 0;
        var running = 0;
        var coalescer = new UpdateCoalescer(
            async (_, _) =>
            {
                var number = Interlocked.Increment(ref begun);
                Assert.Equal(1, Interlocked.Increment(ref running));
                await PoolYield.Go();
                Interlocked.Decrement(ref running);
                return UpdateOutcome.Incomplete($"{number}");
            },
            Memory,
            _time);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 2_000; i++)
            {
                var before = Volatile.Read(ref begun);
                Assert.True(coalescer.TryJoin(Guid.NewGuid(), Tags, traces: null, out var sharing));
                var outcome = await sharing;
                Assert.True(int.Parse(outcome.Reason!, CultureInfo.InvariantCulture) > before);
            }
        })));

        Assert.InRange(begun, 2_000, 16_000);
        Assert.True(coalescer.TryRetire());
    }

    [Fact]
    public async Task Join_ByNobodyInParticular_NeverSharesWhatBeganBefore()
    {
        var first = Join(Guid.Empty, Tags);
        var second = Join(Guid.Empty, Tags);
        await End(0, "first");
        await first;

        await Begun(1);
        Assert.False(second.IsCompleted);
        Assert.Equal(2, _runs.Count);
    }

    [Fact]
    public async Task Join_OfAChangeThatFails_FailsAndHoldsNobodyUp()
    {
        var failing = Join(Guid.NewGuid(), Tags);
        var next = Join(Guid.NewGuid(), Tags);
        _runs[0].End.SetException(new InvalidOperationException("refused"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => failing);
        await End(1, "next");
        Assert.Equal("next", (await next).Reason);
    }

    private Task<UpdateOutcome> Join(Guid requestId, TagId[] tags)
    {
        Assert.True(_coalescer.TryJoin(requestId, tags, traces: null, out var outcome));
        return outcome;
    }

    private Task Begun(int run) => _begun[run].Task.Soon();

    private async Task End(int run, string reason)
    {
        await Begun(run);

        // On a thread without a context, where what the coalescer does then has been done when this returns.
        await Task.Run(() => _runs[run].End.SetResult(UpdateOutcome.Incomplete(reason)));
    }
}
