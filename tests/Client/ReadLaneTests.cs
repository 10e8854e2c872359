using OrleansTagCache.Cluster;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>Who shares a message to a silo, and what becomes of those who wait.</summary>
public sealed class ReadLaneTests
{
    private const int UnderWay = 4;

    private readonly List<(ReadQuestions Questions, TaskCompletionSource<ReadAnswers> End)> _sent = [];
    private readonly ReadLane _lane;

    public ReadLaneTests() => _lane = new(questions =>
    {
        var end = new TaskCompletionSource<ReadAnswers>();
        _sent.Add((questions, end));
        return end.Task;
    });

    [Fact]
    public async Task Read_WhileEnoughIsUnderWay_SharesTheNextMessage()
    {
        var first = _lane.Read("first", null);
        Fill(UnderWay - 1);
        Task<Acquired?>[] others = [.. Enumerable.Range(0, 10).Select(i => _lane.Read($"{i}", null))];
        Assert.Equal(UnderWay, _sent.Count);

        Answer(0, 1);
        Assert.Equal(1, (await first)!.Entry!.Payload.Bytes[0]);
        Assert.Equal(UnderWay + 1, _sent.Count);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i}"), _sent[^1].Questions.ScopedKeys);

        // In the order of the questions; null is for the entry's own grain.
        Answer(UnderWay, 7, null, 9, 1, 2, 3, 4, 5, 6, 7);
        Assert.Equal(7, (await others[0])!.Entry!.Payload.Bytes[0]);
        Assert.Null(await others[1]);
        Assert.Equal(AcquireStatus.Fresh, (await others[2])!.Status);
    }

    [Fact]
    public void Read_ByThoseWhoNameOtherSessions_GoesApart()
    {
        SessionId[] named = [new(Guid.NewGuid(), 1)];
        Fill(UnderWay);
        _lane.Read("without", null);
        _lane.Read("with", named);
        _lane.Read("with too", named);

        Answer(0, 0);
        Answer(1, 0);
        Assert.Equal(["without"], _sent[UnderWay].Questions.ScopedKeys);
        Assert.Equal(["with", "with too"], _sent[UnderWay + 1].Questions.ScopedKeys);
        Assert.Same(named, _sent[UnderWay + 1].Questions.Sessions);
    }

    [Fact]
    public void Read_OfVeryManyAtATime_FillsSeveralMessages()
    {
        Fill(UnderWay);
        Fill(100);
        Answer(0, 0);
        Answer(1, 0);

        Assert.Equal([64, 36], _sent[UnderWay..].Select(message => message.Questions.ScopedKeys.Length));
    }

    [Fact]
    public async Task Read_ThatIsNotAnswered_FailsWithAllWhoWaitBehindIt_AndTheLaneGoesOn()
    {
        var failing = _lane.Read("failing", null);
        Fill(UnderWay - 1);
        var waiting = _lane.Read("waiting", null);

        _sent[0].End.SetException(new TimeoutException());
        await Assert.ThrowsAsync<TimeoutException>(() => failing);
        await Assert.ThrowsAsync<TimeoutException>(() => waiting);

        var next = _lane.Read("next", null);
        Answer(UnderWay, 5);
        Assert.Equal(5, (await next)!.Entry!.Payload.Bytes[0]);
    }

    private void Fill(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _ = _lane.Read($"filler {i}", null);
        }
    }

    private void Answer(int message, params byte?[] values) => _sent[message].End.SetResult(
        new([.. values.Select(value => value is { } one ? new EntrySnapshot(new([one], null), [], CacheLife.Max, TimeSpan.Zero) : null)], null));
}
