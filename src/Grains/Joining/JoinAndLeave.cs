using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Invalidation;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Membership;
using OrleansTagCache.Moving;
using OrleansTagCache.Sessions;
using OrleansTagCache.Tasks;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Joining;

/// <summary>
/// Brings a silo into the protocol before it serves its first value, and out of it before it goes.
///
/// <para><b>Joining.</b> The own row is in the table. The table is read afterwards, and every silo in it that is not dead is asked what versions it speaks, and greeted, until it
/// has answered or died: from then on its updates reach this silo. Then every dead row is waited out, since a dead silo may hold the right to
/// serve, and to complete updates that do not know of this silo, until its lease is over. Then the table is read once more, and every silo in it greeted again, since the answers to that carry
/// what is held (<see cref="JoinProgress{TSilo}"/>). Then everything is expired, and serving begins.</para>
///
/// <para><b>Leaving.</b> The silo says so, and owns nothing from then on; it sends what it has to the others (<see cref="Mover"/>), as long as the options say. Updates that are on their way from here are given a moment to complete; serving ends; then the
/// sessions of its clients, each when the client has said so or its lease is over; then every member is told, and waits for this silo no longer.</para>
/// </summary>
/// <remarks>
/// Runs at the stage at which the own row is readable and grains are not yet placed here. If greeting takes long, because a row belongs to a
/// silo that crashed and has not been declared dead yet, the silo starts without serving and joins in the background: it takes an active
/// silo to declare another one dead. A silo that has no version in common with another one does not join, and ends.
/// </remarks>
internal sealed partial class JoinAndLeave(
    IMembershipTable table,
    IClusterMembershipService cluster,
    Members membership,
    ServingLease lease,
    Invalidator invalidator,
    ClientSessions sessions,
    TagLedger ledger,
    StampHistory history,
    OwnershipChanges ownership,
    PeerVersions versions,
    Mover mover,
    TagCacheOptions options,
    IPeers peers,
    ILocalSiloDetails self,
    IFatalErrorHandler fatal,
    TimeProvider time,
    ILogger<JoinAndLeave> logger) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private static readonly TimeSpan StartWithoutServingAfter = TimeSpan.FromSeconds(10);

    /// <summary>No single answer is waited for longer: asking again is harmless, and an answer may be lost.</summary>
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan LeavePatience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Another silo may write at the same version of the table, and then this one's write fails.</summary>
    private const int MostAttempts = 10;

    private readonly JoinProgress<SiloAddress> _progress = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _refused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _watch = Task.CompletedTask;
    private Task _join = Task.CompletedTask;

    public void Participate(ISiloLifecycle lifecycle)
    {
        lifecycle.Subscribe(nameof(JoinAndLeave), ServiceLifecycleStage.ApplicationServices, Start, _ => Stop());

        // Stopped first of all: after the silo is active, and before it shuts anything down.
        lifecycle.Subscribe(nameof(Leave), ServiceLifecycleStage.Active + 1, _ => Task.CompletedTask, Leave);
    }

    public void Dispose() => _stop.End();

    private async Task Start(CancellationToken cancellationToken)
    {
        _watch = Task.Run(WatchMembership, CancellationToken.None);
        await lease.StartRenewing();
        _join = Task.Run(Join, CancellationToken.None);
        try
        {
            await await Task.WhenAny(_join, _refused.Task).WaitAsync(StartWithoutServingAfter, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            LogJoiningInBackground();
            _ = EndWhenRefused();
        }
        catch (TagCacheVersionException)
        {
            await TryGiveRowUp();
            throw;
        }
    }

    /// <summary>A silo whose start fails does not stop in order, and its row would say for minutes that it joins: others that join would wait for it.</summary>
    private async Task TryGiveRowUp()
    {
        try
        {
            bool isWritten;
            var attempts = 0;
            do
            {
                var data = await table.ReadAllAsync(_stop.Token).WaitAsync(AnswerPatience, time, _stop.Token);
                var (row, etag) = data.Members.Single(row => row.Item1.SiloAddress.Equals(self.SiloAddress));
                row.Status = SiloStatus.Dead;
                isWritten = await table.UpdateRowAsync(row, etag, data.Version.Next(), _stop.Token).WaitAsync(AnswerPatience, time, _stop.Token);
            }
            while (!isWritten && ++attempts < MostAttempts);
        }
        catch (Exception exception)
        {
            LogNotGreeted(exception, self.SiloAddress);
        }
    }

    /// <summary>Of a silo that has started: it can only be ended from here.</summary>
    private async Task EndWhenRefused()
    {
        try
        {
            await _refused.Task;
        }
        catch (TagCacheVersionException exception)
        {
            fatal.OnFatalException(nameof(JoinAndLeave), exception.Message, exception);
        }
    }

    private async Task Stop()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_watch, _join);
    }

    /// <summary>Begun anew after a fault, it sees the latest snapshot first.</summary>
    private Task WatchMembership() => BackgroundLoop.Loop(
        async () =>
        {
            await foreach (var snapshot in cluster.MembershipUpdates.WithCancellation(_stop.Token))
            {
                membership.Observe(
                    snapshot.Members.Values.Select(member => KeyValuePair.Create(member.SiloAddress, member.Status)), snapshot.Version.Value);
            }

            return false;
        },
        LogWatchFailed,
        time,
        _stop.Token);

    private Task Join() => BackgroundLoop.Loop(
        async () =>
        {
            await TryGreetAll();
            var step = lease.IsAlive ? _progress.Next(membership.IsDead, membership.IsWaitedOut) : JoinStep.Wait;
            if (step != JoinStep.Serve)
            {
                await Task.Delay(step == JoinStep.Wait ? Pause : TimeSpan.Zero, time, _stop.Token);
                return !_refused.Task.IsCompleted;
            }

            ledger.ExpireEverything();
            history.Begin(time.Now());
            ownership.BeforeServing();
            lease.BeginServing();
            ownership.Serving();
            LogServing(membership.Others.Length);
            return false;
        },
        LogJoinFailed,
        time,
        _stop.Token);

    /// <summary>Reads the table, once the own row is in it, and greets every silo that has not answered in this round.</summary>
    private async Task TryGreetAll()
    {
        if (!lease.IsAlive)
        {
            return;
        }

        try
        {
            var round = _progress.Round;
            var data = await table.ReadAllAsync(_stop.Token).WaitAsync(AnswerPatience, time, _stop.Token);
            var rows = data.Members.Select(row => row.Item1).ToList();
            membership.Observe(rows.Select(row => KeyValuePair.Create(row.SiloAddress, row.Status)), data.Version.Version);
            var alive = rows.Where(row => row.Status != SiloStatus.Dead && !row.SiloAddress.Equals(self.SiloAddress)).Select(row => row.SiloAddress);
            var greeted = _progress.Read(round, alive);
            var answers = await Task.WhenAll(greeted.Select(silo => round == JoinRound.First ? TryGreet(silo) : TryGreetAgain(silo)));
            foreach (var (silo, hasAnswered) in greeted.Zip(answers))
            {
                if (hasAnswered)
                {
                    _progress.Answered(round, silo);
                }
            }
        }
        catch (Exception exception) when (!_stop.IsCancellationRequested)
        {
            LogNotGreeted(exception, self.SiloAddress);
        }
    }

    private Task<bool> TryGreet(SiloAddress silo) => TryGreet(silo, async () => await Answer(silo, peer => peer.Hello(self.SiloAddress, versions.Own)));

    private Task<bool> TryGreetAgain(SiloAddress silo) => TryGreet(silo, async () =>
    {
        if (versions.Of(silo) is { Newest: < ProtocolVersion.Holds })
        {
            // It holds nothing, and neither does any other while it is there.
            return await Answer(silo, peer => peer.Hello(self.SiloAddress, versions.Own));
        }

        var answer = await Answer(silo, peer => peer.HelloAgain(self.SiloAddress, versions.Own));
        if (answer is not null)
        {
            invalidator.Adopt(silo, answer, time.Now());
        }

        return answer?.Standing;
    });

    private Task<T> Answer<T>(SiloAddress silo, Func<IPeerService, ValueTask<T>> ask) => ask(peers.On(silo)).AsTask().WaitAsync(AnswerPatience, time, _stop.Token);

    private async Task<bool> TryGreet(SiloAddress silo, Func<Task<Standing?>> hello)
    {
        try
        {
            if (!await SpeaksWith() || await hello() is not { } standing)
            {
                return false;
            }

            ownership.Heard(silo, standing);
            return membership.Greet(silo);
        }
        catch (Exception exception)
        {
            LogNotGreeted(exception, silo);
            return false;
        }

        // Asked before it is greeted: a silo of an earlier version does not look at this one's, and would take the greeting.
        async Task<bool> SpeaksWith()
        {
            if (versions.Of(silo) is not null)
            {
                return true;
            }

            var report = await Answer(silo, peer => peer.Report());
            var told = report.Versions;
            if (versions.Accepts(silo, told))
            {
                return true;
            }

            if (told is not null && !report.IsServing && IsToGoFirst(silo))
            {
                return false;
            }

            // One that looks at versions says in its own log whom it refuses.
            if (told is not null)
            {
                Task saying = Answer(silo, peer => peer.Hello(self.SiloAddress, versions.Own));
                await saying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            _refused.TrySetException(new TagCacheVersionException(
                $"This silo speaks protocol {versions.Own}, and silo {silo} of the cluster {told ?? ProtocolVersions.Untold}: they have no version in common, so this one does not join. "
                + "Upgrade by way of a version that both understand, one silo after the other; or stop all silos, and start them in one version."));
            return false;
        }
    }

    /// <summary>
    /// Whether a silo without a common version, which does not serve either, is the one to end: it is refused by others that this silo has a version in common with, or may be; of two that are alone, the one with the higher address ends.
    /// </summary>
    private bool IsToGoFirst(SiloAddress silo) => self.SiloAddress.CompareTo(silo) < 0 || membership.Others.Any(other => !versions.Refuses(other));

    private async Task Leave(CancellationToken cancellationToken)
    {
        await HandOver(cancellationToken);
        using var patience = new CancellationTokenSource(LeavePatience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            while (invalidator.PendingCount > 0)
            {
                await Task.Delay(Pause, time, both.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The members that hold them open will finish them.
        }

        await lease.StopServing();
        await sessions.EndAll();
        await Task.WhenAll(membership.Others.Select(TrySayGoodbye));
        LogLeft();
    }

    /// <summary>From when the others have heard, this silo owns nothing; it serves whoever still asks it, while what it has goes to where it belongs now.</summary>
    private async Task HandOver(CancellationToken cancellationToken)
    {
        // In half of the time, if that is enough.
        var finishBy = time.Now() + (options.HandoverTimeout / 2);
        using var patience = new CancellationTokenSource(options.HandoverTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        if (options.HandoverTimeout > TimeSpan.Zero && lease.IsValid() && ownership.HasSuccessors)
        {
            await ownership.Leaving(both.Token);
            var watch = EndWithoutLease(both);
            await mover.HandOver(() => ownership.HasSuccessors, finishBy, both.Token);
            await both.CancelAsync();
            await watch;
        }
        else
        {
            await mover.Stop();
        }
    }

    /// <summary>A silo without a lease may send nothing, and one that has had none for a whole lease is cut off from the table: it goes, with what it has.</summary>
    private async Task EndWithoutLease(CancellationTokenSource handingOver)
    {
        for (var lastValid = time.Now(); !handingOver.IsCancellationRequested;)
        {
            var now = time.Now();
            lastValid = lease.IsValid(now) ? now : lastValid;
            if (now - lastValid > options.ServingLease)
            {
                await handingOver.CancelAsync();
            }

            await Task.Delay(Pause, time, handingOver.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task TrySayGoodbye(SiloAddress silo)
    {
        try
        {
            await peers.On(silo).Goodbye(self.SiloAddress);
        }
        catch (Exception exception)
        {
            // It will see this silo's row dead and wait its lease out.
            LogNotGreeted(exception, silo);
        }
    }

    [LoggerMessage(3501, LogLevel.Information, "Serving. Updates reach {Count} other silos")]
    private partial void LogServing(int count);

    [LoggerMessage(3502, LogLevel.Warning, "A silo in the membership table neither answers nor has been declared dead; this silo starts without serving, and joins as soon as it can")]
    private partial void LogJoiningInBackground();

    [LoggerMessage(3503, LogLevel.Debug, "Silo {Silo} did not answer")]
    private partial void LogNotGreeted(Exception exception, SiloAddress silo);

    [LoggerMessage(3505, LogLevel.Error, "A change of the membership was not processed; the membership is read again")]
    private partial void LogWatchFailed(Exception exception);

    [LoggerMessage(3506, LogLevel.Error, "An attempt to join failed; the next one follows")]
    private partial void LogJoinFailed(Exception exception);

    [LoggerMessage(3504, LogLevel.Information, "Stopped serving and said Goodbye")]
    private partial void LogLeft();
}
