using System.Net.WebSockets;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Limits;
using OrleansTagCache.Ownership;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Http.Sessions;

/// <summary>
/// One client's connection, and the session that it has from its welcome on, unless it is to keep nothing. A connection has one session, and a session one connection: what was kept under it ends when the client sees the connection end.
///
/// <para><b>The end of a connection is not the end of the session.</b> The client may not have noticed it, and may serve what it keeps until its lease is over: updates wait for that. A session ends early only by the client's own word.</para>
/// </summary>
/// <remarks>One flow reads, and answers what needs no wait; each other request is a task of its own, of which there is a bounded number. Pushes come from the sessions' own tasks.</remarks>
internal sealed class SessionConnection(FrameSocket socket, HttpContext http, ApiCaller caller, bool keeps, SessionServices services) : INearCacheObserver
{
    /// <summary>How many requests of one connection are in flight.</summary>
    public const int MaximumRequests = 256;

    /// <summary>How many bytes of answers to reads wait for one client to read what it was sent before; or one answer, where that has more.</summary>
    public const long MaximumUnread = 32 * 1024 * 1024;

    /// <summary>How long a client that is told to leave is waited for.</summary>
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _over = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _mostUnread = Math.Max(MaximumUnread, services.Calls.MaximumFrame);
    private readonly Quota _unread = new(Math.Max(MaximumUnread, services.Calls.MaximumFrame));
    private SessionId _session;
    private Rendezvous? _told;
    private (long Number, TaskCompletionSource<long> Told)? _awaited;
    private Task _sending = Task.CompletedTask;
    private long _pushed;
    private long _acknowledged;
    private int _requests;
    private int _isEnding;
    private int _isOver;

    /// <summary>Serves the client until it or this silo ends it.</summary>
    public async Task Run()
    {
        var (status, reason) = (WebSocketCloseStatus.NormalClosure, string.Empty);
        await using var stopping = services.Stopping.Register(() => _ = DetachedTask.Run(EndByItself));
        try
        {
            await Greet();
            using var idle = new CancellationTokenSource(services.IdlePatience, services.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, _over.Token);
            while (await Next(either.Token))
            {
                idle.CancelAfter(services.IdlePatience);
            }
        }
        catch (FrameException fault)
        {
            (status, reason) = (WebSocketCloseStatus.ProtocolError, fault.Message);
        }
        catch (OverloadedException overloaded)
        {
            (status, reason) = (WebSocketCloseStatus.InternalServerError, overloaded.Message);
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException or IOException)
        {
            // The client has gone, or is too slow.
        }
        finally
        {
            await _over.CancelAsync();
            await socket.Close(status, reason);
            await Answered();
            _ = DetachedTask.Run(() => services.Sessions.Abandon(_session));
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Each push is sent once: what comes after it comes over the same connection, or not at all. Then the lease has to pass. They go out in their order, whatever calls overlap: an acknowledgement stands for all pushes before it.
    /// </remarks>
    public Task<long> Apply(Push[] pushes)
    {
        lock (_gate)
        {
            if (_acknowledged >= pushes[0].Number)
            {
                return Task.FromResult(Math.Min(_acknowledged, pushes[^1].Number));
            }

            var next = Array.FindAll(pushes, push => push.Number > _pushed);
            var told = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            _pushed = pushes[^1].Number;
            _awaited = (_pushed, told);
            _sending = SendAfter(_sending, next);
            return told.Task;
        }
    }

    /// <inheritdoc/>
    public async Task End(SessionId session)
    {
        await socket.Send(ServerFrame.End(), _over.Token);
        await _left.Task;
    }

    private async Task SendAfter(Task others, Push[] pushes)
    {
        await others.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        foreach (var push in pushes)
        {
            if (!services.Keys.IsValid(caller))
            {
                // It is told no names any more. When it has left, no push is waited for.
                await EndByItself();
                return;
            }

            if (!await socket.Send(ServerFrame.Push(push, caller.Namespace, services.Calls.MaximumFrame), _over.Token))
            {
                return;
            }
        }
    }

    private async Task Greet()
    {
        using var late = new CancellationTokenSource(services.HelloPatience, services.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _over.Token);
        if (await socket.Read(either.Token) is not var (frame, taken))
        {
            throw new OperationCanceledException();
        }

        GiveBack(taken);
        if (ClientFrame.Parse(frame.Span) is not ClientFrame.Hello { Spoken: ClientFrame.Version } hello || !IsName(hello.Name))
        {
            throw new FrameException($"The first frame is a hello, of version {ClientFrame.Version}, with a name of at most {NameLimits.NamespaceLength} printable characters.");
        }

        var terms = keeps ? services.Sessions.Open(this, $"{caller.KeyId ?? "local"}/{hello.Name}") : services.Sessions.Refuse();
        _session = terms.Session;
        _told = services.Calls.Silos;
        await socket.Send(
            ServerFrame.Welcome(hello.Request, terms.Silo.ToParsableString(), caller.Namespace, terms, services.Calls.MaximumFrame, MaximumRequests, Names(_told)), _over.Token);
    }

    /// <summary>One frame. False when it was the last.</summary>
    private async Task<bool> Next(CancellationToken over)
    {
        if (await socket.Read(over) is not var (bytes, taken))
        {
            return false;
        }

        var isPassedOn = false;
        try
        {
            var frame = ClientFrame.Parse(bytes.Span);
            switch (frame)
            {
                case ClientFrame.Acknowledge acknowledge:
                    Acknowledged(acknowledge.Number);
                    return true;
                case ClientFrame.Leave:
                    Left();
                    return false;
                case ClientFrame.Hello:
                    throw new FrameException("A hello comes once.");
            }

            if (!services.Keys.IsValid(caller))
            {
                // It may still say that it has left, and nothing else.
                _ = DetachedTask.Run(EndByItself);
                return true;
            }

            if (!IsCounted())
            {
                return await socket.Send(ServerFrame.Refused(frame.Request, Refusals.TooMany), _over.Token);
            }

            if (frame is ClientFrame.Renew)
            {
                await TellOfSilos();
                return await socket.Send(keeps ? ServerFrame.Renewed(frame.Request, services.Sessions.Renew(_session)) : ServerFrame.Done(frame.Request), _over.Token);
            }

            if (Interlocked.Increment(ref _requests) > MaximumRequests)
            {
                Interlocked.Decrement(ref _requests);
                return await socket.Send(ServerFrame.Refused(frame.Request, Refusals.TooManyAtOnce), _over.Token);
            }

            isPassedOn = true;

            // A read is mostly answered without a wait. Another thread would have to wake for it first, which takes longer than the answer.
            _ = frame is ClientFrame.Acquire ? Answer(frame, taken) : DetachedTask.Run(() => Answer(frame, taken));
            return true;
        }
        finally
        {
            if (!isPassedOn)
            {
                GiveBack(taken);
            }
        }
    }

    private async Task Answer(ClientFrame frame, long taken)
    {
        var token = TokenId.None;
        var place = new UnreadAnswer(_unread, _mostUnread);
        try
        {
            ServerFrame answer;
            try
            {
                (answer, token) = frame switch
                {
                    ClientFrame.Acquire ask => await services.Calls.Acquire(ask, caller, _session, place, _over.Token),
                    ClientFrame.Commit offer => (await services.Calls.Commit(offer, caller, _session), TokenId.None),
                    ClientFrame.Abandon given => (await services.Calls.Abandon(given, caller), TokenId.None),
                    ClientFrame.Update change => (await services.Calls.Update(change, caller, http, _over.Token), TokenId.None),
                    _ => throw new InvalidOperationException($"{frame.GetType().Name} is not a request."),
                };
            }
            catch (Exception fault) when (Refusals.Of(http, fault) is { } refusal)
            {
                answer = ServerFrame.Refused(frame.Request, refusal);
            }

            if (!place.TryReach(answer.Length))
            {
                await GiveBack(frame, token);
                (answer, token) = (ServerFrame.Refused(frame.Request, Refusals.TooMuchUnread), TokenId.None);
            }

            // A read may have waited for long, and the key may have been revoked meanwhile.
            var isTold = services.Keys.IsValid(caller);
            if (!isTold)
            {
                _ = DetachedTask.Run(EndByItself);
            }

            await TellOfSilos();
            if (!isTold || !await socket.Send(answer, _over.Token))
            {
                await GiveBack(frame, token);
            }
        }
        catch (OperationCanceledException)
        {
            // The client has gone.
        }
        catch (Exception exception)
        {
            services.LogFailed(exception);
            await socket.Send(ServerFrame.Refused(frame.Request, Refusals.Failed), _over.Token);
        }
        finally
        {
            GiveBack(taken);
            place.Dispose();
            if (Interlocked.Decrement(ref _requests) == 0 && Volatile.Read(ref _isOver) == 1)
            {
                _answered.TrySetResult();
            }
        }
    }

    private Task GiveBack(ClientFrame frame, TokenId token) => token.IsNone ? Task.CompletedTask : services.Calls.GiveBack((ClientFrame.Acquire)frame, caller, token);

    /// <summary>The request of the upgrade lasts as long as anything that is done in its name. No call begins any more; those that run are cancelled, or end soon.</summary>
    private Task Answered()
    {
        Interlocked.Exchange(ref _isOver, 1);
        return Volatile.Read(ref _requests) == 0 ? Task.CompletedTask : _answered.Task;
    }

    /// <summary>The client is told of the silos before the first answer after they have changed.</summary>
    private async Task TellOfSilos()
    {
        var silos = services.Calls.Silos;
        if (!ReferenceEquals(Interlocked.Exchange(ref _told, silos), silos))
        {
            await socket.Send(ServerFrame.Silos(Names(silos)), _over.Token);
        }
    }

    /// <summary>The silo stops, or the key is not valid any more. Who has not left by its own word in time is cut off, and its lease has to pass.</summary>
    private async Task EndByItself()
    {
        if (Interlocked.Exchange(ref _isEnding, 1) == 1)
        {
            return;
        }

        await socket.Send(ServerFrame.End(), _over.Token);
        await _left.Task.WaitAsync(EndPatience, services.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _over.CancelAsync();
    }

    private void Acknowledged(ulong number)
    {
        (long Number, TaskCompletionSource<long> Told)? done = null;
        lock (_gate)
        {
            if (number > (ulong)_pushed)
            {
                throw new FrameException("A push is acknowledged that was not sent.");
            }

            _acknowledged = Math.Max(_acknowledged, (long)number);
            if (_awaited is { } awaited && awaited.Number <= _acknowledged)
            {
                (done, _awaited) = (awaited, null);
            }
        }

        done?.Told.TrySetResult(done.Value.Number);
    }

    private void Left()
    {
        services.Sessions.Leave(_session);
        _left.TrySetResult();
    }

    private bool IsCounted() => caller.KeyId is not { } key || services.Limits.CountCall(key) is null;

    private void GiveBack(long taken)
    {
        if (taken > 0)
        {
            services.Limits.BodyBytes.GiveBack(taken);
        }
    }

    private static string[] Names(Rendezvous silos) => [.. silos.Silos.Select(silo => silo.ToParsableString())];

    private static bool IsName(string name) => name.Length is > 0 and <= NameLimits.NamespaceLength && !name.AsSpan().ContainsAnyExceptInRange(' ', '~');
}
