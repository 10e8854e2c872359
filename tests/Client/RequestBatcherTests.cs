using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Coherence;
using OrleansTagCache.Transport;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>Who shares a message to a silo, and what becomes of those who wait.</summary>
public sealed class RequestBatcherTests
{
    private const int UnderWay = 4;
    private const int Full = 64;

    private readonly Channel<Message> _sent = Channel.CreateUnbounded<Message>();
    private readonly RequestBatcher<string, string> _batcher;

    public RequestBatcherTests() => _batcher = new((questions, sessions) =>
    {
        var message = new Message(questions, sessions);
        if (questions is ["cannot be sent"])
        {
            throw new FormatException();
        }

        Assert.True(_sent.Writer.TryWrite(message));
        return message.End.Task;
    }, Timeout.InfiniteTimeSpan, TimeSpan.MaxValue, TimeProvider.System, static _ => { });

    [Fact]
    public async Task Send_WhileEnoughIsUnderWay_SharesTheNextMessage()
    {
        var underWay = await Occupy();
        Task<string?>[] others = [.. Enumerable.Range(0, 10).Select(i => _batcher.Send($"{i}", null).Answer)];
        Assert.False(_sent.Reader.TryRead(out _));

        underWay[0].Answer(1);
        var next = await Next();
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i}"), next.Questions);

        // In the order of the questions; null is for the entry's own grain.
        next.Answer(7, null, 9, 1, 2, 3, 4, 5, 6, 7);
        Assert.Equal("7", await others[0]);
        Assert.Null(await others[1]);
        Assert.Equal("9", await others[2]);
    }

    [Fact]
    public async Task Ask_ByThoseWhoNameOtherSessions_GoesApart()
    {
        SessionId[] named = [new(Guid.NewGuid(), 1)];
        var underWay = await Occupy();
        _ = _batcher.Send("without", null).Answer;
        _ = _batcher.Send("with", named).Answer;
        _ = _batcher.Send("with too", named).Answer;

        underWay[0].Answer(0);
        Assert.Equal(["without"], (await Next()).Questions);
        underWay[1].Answer(0);
        var next = await Next();
        Assert.Equal(["with", "with too"], next.Questions);
        Assert.Same(named, next.Sessions);
    }

    [Fact]
    public async Task Send_OfVeryManyAtOnce_FillsMessages_AndAllAreAnswered()
    {
        const int Requests = 100 * 512;
        var answers = Enumerable.Range(0, Requests).Select(i => _batcher.Send($"{i}", null).Answer).ToArray();
        for (var answered = 0; answered < Requests;)
        {
            var message = await Next();
            Assert.InRange(message.Questions.Length, 1, Full);
            message.End.SetResult(message.Questions);
            answered += message.Questions.Length;
        }

        Assert.Equal(Enumerable.Range(0, Requests).Select(i => $"{i}"), await Task.WhenAll(answers).Soon());
    }

    [Fact]
    public async Task Send_BeyondWhatMayWait_IsGivenUpAtOnce()
    {
        await Occupy();
        var waiting = Enumerable.Range(0, 1_025 * Full).Select(i => _batcher.Send($"{i}", null).Answer).ToArray();
        Assert.All(waiting, answer => Assert.False(answer.IsCompleted));

        Assert.Null(await _batcher.Send("beyond", null).Answer.Soon());
    }

    /// <summary>A silo that is slow has its requests sent by another way: none waits longer here than was said.</summary>
    [Fact]
    public async Task Send_ThatIsNotSentInTime_IsGivenUpUnsent()
    {
        var time = new FakeTimeProvider();
        var sent = Channel.CreateUnbounded<Message>();
        var batcher = new RequestBatcher<string, string>(
            (questions, sessions) =>
            {
                var message = new Message(questions, sessions);
                Assert.True(sent.Writer.TryWrite(message));
                return message.End.Task;
            },
            TimeSpan.FromMinutes(1),
            TimeSpan.FromSeconds(1),
            time,
            static _ => { });
        var answers = Enumerable.Range(0, UnderWay).Select(i => batcher.Send($"occupying {i}", null).Answer).ToList();
        var underWay = new List<Message>();
        while (underWay.Count < UnderWay)
        {
            underWay.Add(await sent.Reader.ReadAsync().AsTask().Soon());
        }

        var early = Enumerable.Range(0, Full).Select(i => batcher.Send($"early {i}", null).Answer).ToArray();
        time.Advance(TimeSpan.FromMilliseconds(600));
        var later = batcher.Send("later", null).Answer;
        time.Advance(TimeSpan.FromMilliseconds(600));
        Assert.All(early, answer => Assert.False(answer.IsCompleted));

        // The first message that ends finds it.
        underWay[0].End.SetResult(underWay[0].Questions);
        Assert.All(await Task.WhenAll(early).Soon(), Assert.Null);
        var next = await sent.Reader.ReadAsync().AsTask().Soon();
        Assert.Equal(["later"], next.Questions);
        next.End.SetResult(["answer"]);
        Assert.Equal("answer", await later.Soon());
    }

    [Fact]
    public async Task Ask_WithMuchToCarry_SharesNoMessageThatWouldBecomeTooLarge()
    {
        const int Large = 200_000;
        var underWay = await Occupy();
        _ = _batcher.Send("large", null, Large).Answer;
        _ = _batcher.Send("large too", null, Large).Answer;
        _ = _batcher.Send("small", null).Answer;

        underWay[0].Answer(0);
        Assert.Equal(["large"], (await Next()).Questions);
        underWay[1].Answer(0);
        Assert.Equal(["large too", "small"], (await Next()).Questions);
    }

    [Fact]
    public async Task Ask_ThatIsNotAnswered_Fails_LetsThoseBehindItGo_AndTheNextIsSent()
    {
        var failing = _batcher.Send("failing", null).Answer;
        var failed = await Next();
        await Occupy(UnderWay - 1);
        var waiting = _batcher.Send("waiting", null).Answer;

        failed.End.SetException(new TimeoutException());
        await Assert.ThrowsAsync<TimeoutException>(() => failing);

        // It was not sent: it asks otherwise at once.
        Assert.Null(await waiting);
        await GoesOn();
    }

    [Fact]
    public async Task Answer_ThatComesTooLate_IsToBeHadAllTheSame()
    {
        var time = new FakeTimeProvider();
        var sent = new TaskCompletionSource<string?[]>();
        var batcher = new RequestBatcher<string, string>((_, _) => sent.Task, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), time, static _ => { });
        var call = batcher.Send("late", null);
        await Waits.Advance(time, TimeSpan.FromSeconds(1), () => call.Answer.IsCompleted);

        await Assert.ThrowsAsync<TimeoutException>(() => call.Answer);
        var whenever = call.Whenever();
        sent.SetResult(["a token perhaps"]);
        Assert.Equal("a token perhaps", await whenever);
    }

    [Fact]
    public async Task Ask_AnsweredWithSomethingElse_Fails_AndTheNextIsSent()
    {
        var failing = _batcher.Send("failing", null).Answer;
        var failed = await Next();
        await Occupy(UnderWay - 1);

        failed.Answer(1, 2);
        await Assert.ThrowsAsync<InvalidOperationException>(() => failing);
        await GoesOn();
    }

    /// <summary>A fault of one message says nothing of the silo: those behind it are sent.</summary>
    [Fact]
    public async Task Send_BehindAMessageThatASiloRefuses_IsSent()
    {
        var underWay = await Occupy();
        var waiting = _batcher.Send("waiting", null).Answer;

        underWay[0].End.SetException(new FormatException());
        (await Next()).Answer(1);
        Assert.Equal("1", await waiting.Soon());
    }

    /// <summary>A reader may wait for the answer to another request of the same message, and block the thread that its own answer has come on.</summary>
    [Fact]
    public async Task Answer_ToOneWhoBlocksOnAnotherOfTheSameMessage_Comes()
    {
        var underWay = await Occupy();
        var first = _batcher.Send("first", null).Answer;
        var second = _batcher.Send("second", null).Answer;
        var blocking = first.ContinueWith(
            _ => second.GetAwaiter().GetResult(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

        underWay[0].Answer(0);
        (await Next()).Answer(1, 2);
        Assert.Equal("2", await blocking.Soon());
    }

    /// <summary>It fails while the answers of the message before it are to be told: its reader may block on one of them.</summary>
    [Fact]
    public async Task Fault_OfAMessageThatCannotBeSent_HoldsUpNoAnswerBeforeIt()
    {
        var first = _batcher.Send("first", null).Answer;
        var answered = await Next();
        await Occupy(UnderWay - 1);
        var blocking = _batcher.Send("cannot be sent", null).Answer.ContinueWith(
            _ => first.GetAwaiter().GetResult(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

        answered.Answer(1);
        Assert.Equal("1", await blocking.Soon());
    }

    /// <summary>A reader whose context is blocked, as a grain's turn may be, holds up nobody but itself.</summary>
    [Fact]
    public async Task Ask_FromABlockedContext_IsNoMatterToOthers()
    {
        var scheduler = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;
        using var release = new ManualResetEventSlim();
        Task<string?>? other = null;
        var blocked = Task.Factory.StartNew(
            () =>
            {
                _ = _batcher.Send("mine", null).Answer;
                other = _batcher.Send("other", null).Answer;
                release.Wait(TimeSpan.FromMinutes(1));
            },
            CancellationToken.None,
            TaskCreationOptions.None,
            scheduler);

        // Messages may overtake each other on their way.
        var messages = new[] { await Next(), await Next() };
        Array.ForEach(messages, message => message.Answer(3));
        Assert.Equal("3", await other!.Soon());

        release.Set();
        await blocked;
    }

    /// <summary>To wake another thread takes longer than to send.</summary>
    [Fact]
    public async Task Send_FromAThreadOfThePool_HasSentWhenItReturns() => await Task.Run(() =>
    {
        _ = _batcher.Send("mine", null);
        Assert.True(_sent.Reader.TryRead(out var message));
        Assert.Equal(["mine"], message.Questions);
    });

    /// <summary>An answer may be there before it is waited for, and another request may have come by then: whoever awaits that is told on another thread.</summary>
    [Fact]
    public async Task Send_OfWhatIsAnsweredAtOnce_RunsNoOtherCallersCode()
    {
        RequestBatcher<string, string>? batcher = null;
        Task<int>? other = null;
        batcher = new((questions, _) =>
        {
            if (questions is ["mine"])
            {
                for (var i = 0; i < UnderWay; i++)
                {
                    // Where the answer has come already, what follows would run here whoever told it.
                    var answer = batcher!.Send($"other {i}", null).Answer;
                    var thread = new TaskCompletionSource<int>();
                    answer.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(() => thread.SetResult(Environment.CurrentManagedThreadId));
                    other = thread.Task;
                }
            }

            return Task.FromResult(Array.ConvertAll<string, string?>(questions, question => question));
        }, Timeout.InfiniteTimeSpan, TimeSpan.MaxValue, TimeProvider.System, static _ => { });

        await Task.Run(() =>
        {
            _ = batcher.Send("mine", null);
            var mine = Environment.CurrentManagedThreadId;

            // This thread is busy until it is known.
            Assert.NotEqual(mine, other!.WaitAsync(TimeSpan.FromMinutes(1)).GetAwaiter().GetResult());
        });
    }

    /// <summary>What the caller's context carries is its own: others' requests may share the message.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Send_FromAnyContext_SendsInNone(bool isThreadOfThePool)
    {
        var local = new AsyncLocal<string?> { Value = "the caller's" };
        var seen = new TaskCompletionSource<(string? Local, SynchronizationContext? Context, TaskScheduler Scheduler)>();
        var batcher = new RequestBatcher<string, string>((_, _) =>
        {
            seen.SetResult((local.Value, SynchronizationContext.Current, TaskScheduler.Current));
            return Task.FromResult<string?[]>([null]);
        }, Timeout.InfiniteTimeSpan, TimeSpan.MaxValue, TimeProvider.System, static _ => { });

        await Task.Factory.StartNew(
            () => batcher.Send("mine", null).Answer,
            CancellationToken.None,
            TaskCreationOptions.None,
            isThreadOfThePool ? TaskScheduler.Default : new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler).Unwrap().Soon();
        Assert.Equal((null, null, TaskScheduler.Default), await seen.Task);
        Assert.Equal("the caller's", local.Value);
    }

    private async Task<Message[]> Occupy(int count = UnderWay)
    {
        var messages = new Message[count];
        for (var i = 0; i < count; i++)
        {
            _ = _batcher.Send($"occupying {i}", null).Answer;
            messages[i] = await Next();
        }

        return messages;
    }

    private async Task GoesOn()
    {
        var next = _batcher.Send("next", null).Answer;
        (await Next()).Answer(5);
        Assert.Equal("5", await next);
    }

    private async Task<Message> Next() => await _sent.Reader.ReadAsync().AsTask().Soon();

    private sealed record Message(string[] Questions, SessionId[]? Sessions)
    {
        public TaskCompletionSource<string?[]> End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Answer(params int?[] values) => End.SetResult([.. values.Select(value => value?.ToString(CultureInfo.InvariantCulture))]);
    }
}
