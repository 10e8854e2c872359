using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;
using OrleansTagCache.Tags;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>Which updates of a tag share one run.</summary>
public sealed class UpdateCoalescerTests
{
    private static readonly TagId[] Tags = [TagId.OfTag(CacheNamespace.Default, "a"), TagId.OfTag(CacheNamespace.Default, "b")];

    private readonly FakeTimeProvider _time = new();
    private readonly List<(TagId[] Tags, TaskCompletionSource<UpdateOutcome> End)> _runs = [];
    private readonly UpdateCoalescer _coalescer;

    public UpdateCoalescerTests() => _coalescer = new(
        (tags, _) =>
        {
            var end = new TaskCompletionSource<UpdateOutcome>();
            _runs.Add((tags, end));
            return end.Task;
        },
        _time);

    [Fact]
    public async Task Join_WhileAChangeIsOnItsWay_SharesTheNext()
    {
        var first = _coalescer.Join(Guid.NewGuid(), Tags[..1]);
        var second = _coalescer.Join(Guid.NewGuid(), Tags[..1]);
        var third = _coalescer.Join(Guid.NewGuid(), Tags[1..]);

        Assert.Single(_runs);
        End(0, "first");
        Assert.Equal("first", (await first).Reason);
        Assert.False(second.IsCompleted);
        Assert.Equal(2, _runs.Count);
        Assert.Equal(Tags.ToHashSet(), _runs[1].Tags.ToHashSet());

        End(1, "next");
        Assert.Equal("next", (await second).Reason);
        Assert.Same(second, third);
        Assert.True(_coalescer.IsIdle);
    }

    [Fact]
    public async Task Join_AgainByTheSame_SharesTheChangeThatBeganForIt()
    {
        var requestId = Guid.NewGuid();
        var first = _coalescer.Join(requestId, Tags);
        Assert.Same(first, _coalescer.Join(requestId, Tags));

        End(0, "slow");
        await first;
        Assert.Single(_runs);

        // That one is over and was not complete: it is repeated.
        Assert.NotSame(first, _coalescer.Join(requestId, Tags));
        Assert.Equal(2, _runs.Count);
    }

    [Fact]
    public async Task Join_AgainByTheSameAfterItsChangeWasComplete_HearsOfThatForAWhile()
    {
        var (requestId, other) = (Guid.NewGuid(), Guid.NewGuid());
        var first = _coalescer.Join(requestId, Tags);
        _runs[0].End.SetResult(UpdateOutcome.Complete(3));
        await first;

        _time.Advance(UpdateCoalescer.Memory - TimeSpan.FromMilliseconds(1));
        Assert.False(_coalescer.IsIdle);
        Assert.Same(first, _coalescer.Join(requestId, Tags));
        Assert.Single(_runs);

        // That one began before these asked.
        var next = _coalescer.Join(other, Tags);
        Assert.Same(first, _coalescer.Join(requestId, Tags));
        End(1, "next");
        await next;
        Assert.Same(first, _coalescer.Join(requestId, Tags));
        Assert.NotSame(first, _coalescer.Join(Guid.Empty, Tags));
        End(2, "nobody's");
        Assert.Equal(3, _runs.Count);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(_coalescer.IsIdle);
        Assert.NotSame(first, _coalescer.Join(requestId, Tags));
        Assert.Equal(4, _runs.Count);
    }

    [Fact]
    public async Task Join_ByNobodyInParticular_NeverSharesWhatBeganBefore()
    {
        var first = _coalescer.Join(Guid.Empty, Tags);
        var second = _coalescer.Join(Guid.Empty, Tags);
        End(0, "first");
        await first;

        Assert.False(second.IsCompleted);
        Assert.Equal(2, _runs.Count);
    }

    [Fact]
    public async Task Join_OfAChangeThatFails_FailsAndHoldsNobodyUp()
    {
        var failing = _coalescer.Join(Guid.NewGuid(), Tags);
        var next = _coalescer.Join(Guid.NewGuid(), Tags);
        _runs[0].End.SetException(new InvalidOperationException("refused"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => failing);
        End(1, "next");
        Assert.Equal("next", (await next).Reason);
    }

    private void End(int run, string reason) => _runs[run].End.SetResult(UpdateOutcome.Incomplete(reason));
}
