using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Invalidation;

/// <content>
/// Holds, around a change of the source.
///
/// <para><b>Rule.</b> A hold goes to the members as an update does, and returns when an update would. From its arrival each member holds its tags until it is released, or until the deadline of that member's own:
/// no coordinator is needed for its end, so it is neither settled nor finished by others (invariant H3).</para>
///
/// <para><b>Release.</b> Sent to every member by the silo that the holder asks, again and again as a settling is, and waited for by no one: a member that has not heard of it holds on, so it serves nothing old.</para>
/// </content>
internal sealed partial class Invalidator
{
    /// <summary>How often holds are looked through for those whose time is over.</summary>
    private static readonly TimeSpan OverduePeriod = TimeSpan.FromMilliseconds(100);

    private readonly HoldTable _holds = new();
    private readonly OnDemandTimer _overdue;
    private long _overdueHolds;

    /// <summary>How many holds are held here, and for how long the oldest of them has been.</summary>
    public (int Count, TimeSpan? Oldest) Holds
    {
        get
        {
            lock (_gate)
            {
                return (_holds.Count, _time.Now() - _holds.Oldest);
            }
        }
    }

    /// <summary>How many holds this silo ended because their time was over.</summary>
    public long OverdueHolds => Interlocked.Read(ref _overdueHolds);

    /// <summary>Holds tags at every member. What cannot be had in time is released again.</summary>
    /// <param name="request">The hold.</param>
    /// <param name="patience">How long the members are waited for.</param>
    public async Task<HoldOutcome> Hold(HoldRequest request, TimeSpan patience)
    {
        TagUpdate hold;
        Task<UpdateOutcome> completion;
        lock (_gate)
        {
            if (WhyNotNeedsLock(request) is { } reason)
            {
                return HoldOutcome.Refused(reason);
            }

            var activity = Tracing.StartApart<string>(CacheActivities.Hold, ActivityKind.Server, request.Trace is { } trace ? [trace] : null, static parent => parent);
            hold = _coordination.Begin(request.Tags, staleFor: null, trace: activity?.Id ?? request.Trace, holdFor: request.AtMost);
            (_, completion) = BeginNeedsLock(hold, activity, later: null);
        }

        var outcome = await Within(completion, patience, hold.Id).ConfigureAwait(false);
        if (outcome.IsComplete)
        {
            return new(hold.Id, outcome.Members, Coordinator: _self);
        }

        lock (_gate)
        {
            // Also if it has become complete just now: its holder hears that it has none.
            _coordination.GiveUp(hold.Id);
            _callers.GiveUp(hold.Id);
        }

        Release(new(hold.Id, hold.Tags));
        return HoldOutcome.Refused(outcome.Reason!, outcome.Waiting);
    }

    /// <summary>Ends a hold here at once, and at the other members as soon as they hear of it.</summary>
    /// <returns>Whether it was held throughout, as far as this silo can tell (invariant H4).</returns>
    public bool Release(HoldRelease hold)
    {
        lock (_gate)
        {
            var wasHeld = _holds.End(hold.Id, _lease.IsValid());
            ReleaseNeedsLock(hold.Id, hold.Tags);
            var members = _membership.Others;
            _coordination.Release(hold, members);
            Send(members);
            return wasHeld;
        }
    }

    /// <summary>What a silo that is about to serve has to hold, and to know of updates that have ended.</summary>
    public HelloAgainAnswer Tell(Standing standing)
    {
        lock (_gate)
        {
            return new(standing, _holds.Left(_time.Now()), _coordination.Incarnation, _coordination.Begun, _events.Finished);
        }
    }

    /// <summary>Holds what another silo holds, before this one serves.</summary>
    /// <param name="silo">The other one.</param>
    /// <param name="answer">What it has told.</param>
    /// <param name="arrival">When its answer came.</param>
    public void Adopt(SiloAddress silo, HelloAgainAnswer answer, Moment arrival)
    {
        lock (_gate)
        {
            if (answer.Incarnation != Guid.Empty)
            {
                _events.Told(silo, answer.Incarnation, answer.Begun, answer.Finished ?? []);
            }

            foreach (var hold in answer.Holds)
            {
                _holds.Adopt(hold, arrival);
                _events.Held(hold.Id, hold.Tags);
                _ledger.Hold(hold.Id, hold.Tags);
                _overdue.Start();
            }
        }
    }

    private string? WhyNotNeedsLock(HoldRequest request)
    {
        return request.AtMost <= TimeSpan.Zero || request.AtMost > LeaseTerms.LongestHold ? $"A hold of {request.AtMost} is not more than zero and at most {LeaseTerms.LongestHold}."
            : request.Tags.Length is 0 or > NameLimits.TagsPerCall ? $"A hold has 1 to {NameLimits.TagsPerCall} tags, and not {request.Tags.Length}."
            : _holds.Count >= _maximumHolds ? $"The silo holds {_holds.Count} holds; MaximumHolds is {_maximumHolds}."
            : _versions.Spoken < ProtocolVersion.Holds ? "A silo of the cluster has a version that knows no holds."
            : null;
    }

    /// <summary>A hold of another silo. One that cannot be held here is not acknowledged: false.</summary>
    private bool ReceiveHoldNeedsLock(SiloAddress coordinator, TagUpdate hold, string? trace)
    {
        if (_versions.Spoken < ProtocolVersion.Holds)
        {
            // That silo would join without hearing of the hold.
            return false;
        }

        Apply(hold);
        if (!_sessions.Queue(trace is null ? hold : hold with { Trace = trace }))
        {
            _awaitingClients[hold.Id] = coordinator;
        }

        return true;
    }

    private Stamp ApplyHoldNeedsLock(TagUpdate hold, TimeSpan atMost, Moment arrival)
    {
        _holds.Arrived(hold.Id, hold.Tags, atMost, arrival);
        _events.Held(hold.Id, hold.Tags);
        _overdue.Start();
        return _ledger.Hold(hold.Id, hold.Tags);
    }

    /// <summary>Noted like an update, for it is an expiry.</summary>
    private void ReleaseNeedsLock(UpdateId hold, TagId[] tags)
    {
        _history.Note(_time.Now(), _ledger.Stamp());
        _ledger.Release(hold, tags);
        _events.Released(hold, _time.GetUtcNow());
        CacheEvents.Write(CacheEvent.HoldEnded, this);
    }

    /// <summary>While any hold is held. One that ends late costs misses, and nothing else.</summary>
    private bool EndOverdueHolds()
    {
        lock (_gate)
        {
            foreach (var (id, tags) in _holds.TakeOverdue(_time.Now()))
            {
                ReleaseNeedsLock(id, tags);
                Interlocked.Increment(ref _overdueHolds);
                LogHoldOver(id, tags.Length);
            }

            return _holds.Count > 0;
        }
    }

    [LoggerMessage(3308, LogLevel.Warning, "Hold {Id} of {Count} tags was over before it was released: its holder was too slow, or is gone. The tags were expired here")]
    private partial void LogHoldOver(UpdateId id, int count);

    [LoggerMessage(3309, LogLevel.Error, "Holds whose time is over could not be released; it is tried again")]
    private partial void LogHoldsNotEnded(Exception exception);
}
