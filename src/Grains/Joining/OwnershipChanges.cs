using Microsoft.Extensions.Logging;
using OrleansTagCache.Contracts;
using OrleansTagCache.Membership;
using OrleansTagCache.Moving;
using OrleansTagCache.Tasks;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Joining;

/// <summary>
/// Who owns entries changes when a silo says that it serves, or that it leaves: this says so of its own silo, hears it of the others, and has what belongs elsewhere moved.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed partial class OwnershipChanges : IDisposable
{
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly Standings _standings;
    private readonly Members _members;
    private readonly FormerOwners _former;
    private readonly Mover _mover;
    private readonly Standbys _standbys;
    private readonly IPeers _peers;
    private readonly SiloAddress _self;
    private readonly TimeProvider _time;
    private readonly ILogger<OwnershipChanges> _logger;
    private readonly CancellationTokenSource _stop = new();

    public OwnershipChanges(
        Standings standings, Members members, FormerOwners former, Mover mover, Standbys standbys, IPeers peers, ILocalSiloDetails self, TimeProvider time, ILogger<OwnershipChanges> logger)
    {
        (_standings, _members, _former, _mover, _standbys, _peers, _self, _time, _logger) = (standings, members, former, mover, standbys, peers, self.SiloAddress, time, logger);
        members.Changed += Reconsider;
        members.Died += standings.Forget;
    }

    /// <summary>Another silo says how far it is.</summary>
    public void Heard(SiloAddress silo, Standing standing)
    {
        if (standing == Standing.Leaving && _standings.Of(silo) != Standing.Leaving)
        {
            // Before its keys are this silo's: the first miss asks for the value.
            _former.Leaves(silo);
        }

        if (_standings.Note(silo, standing))
        {
            Reconsider();
        }
    }

    /// <summary>This silo is about to serve: what is its own then is asked for, until the others have sent it.</summary>
    public void BeforeServing() => _former.Joined();

    /// <summary>This silo serves: what is its own now is sent here.</summary>
    public void Serving()
    {
        _standings.Note(_self, Standing.Serving);
        _ = AnnounceAll(Standing.Serving, _stop.Token);
        Reconsider();
    }

    /// <summary>Whether any other silo serves, so that there is one to hand over to.</summary>
    public bool HasSuccessors => _members.Others.Any(silo => _standings.Of(silo) == Standing.Serving);

    /// <summary>This silo leaves. Ends when every other silo has heard so, or after a while: one that is dead never hears it.</summary>
    public async Task Leaving(CancellationToken cancellationToken)
    {
        _standings.Note(_self, Standing.Leaving);
        await AnnounceAll(Standing.Leaving, _stop.Token).WaitAsync(AnswerPatience, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _stop.End();

    private void Reconsider()
    {
        _former.Reconsider();
        _mover.Reconsider();
        _standbys.Reconsider();
    }

    private Task AnnounceAll(Standing standing, CancellationToken stop) => Task.WhenAll(_members.Others.Select(silo => Announce(silo, standing, stop)));

    /// <summary>Again and again: a silo that has not heard gives this one no keys, or goes on giving it some.</summary>
    private async Task Announce(SiloAddress silo, Standing standing, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested && _members.Others.Contains(silo))
        {
            try
            {
                await _peers.On(silo).Announce(_self, standing).AsTask().WaitAsync(AnswerPatience, _time, stop);
                return;
            }
            catch (Exception exception)
            {
                LogNotHeard(exception, silo);
                await Task.Delay(Pause, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(3507, LogLevel.Debug, "Silo {Silo} has not heard how far this silo is; it is told again")]
    private partial void LogNotHeard(Exception exception, SiloAddress silo);
}
