using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Coherence;

/// <summary>
/// A session as the silo that issued it sees it: until when its client may serve, which tags it may keep values of, and what it has not
/// acknowledged yet.
/// </summary>
/// <remarks>Not thread-safe: it belongs to its <see cref="SessionTable"/>.</remarks>
internal sealed class IssuedSession(SessionId id, object client)
{
    private readonly Dictionary<TagId, Interest> _interest = [];

    /// <summary>Without what was pushed out.</summary>
    private readonly LinkedList<Interest> _oldestFirst = [];
    private readonly LinkedList<Outstanding> _outstanding = [];
    private long _step;
    private long _pushes;
    private int _pushedOut;

    public SessionId Id => id;

    /// <summary>The client that is pushed to.</summary>
    public object Client => client;

    /// <summary>When the client's lease is over by any clock.</summary>
    public Moment Deadline { get; private set; } = Moment.Past;

    /// <summary>A broken session never revives: it is granted nothing and pushed nothing.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>When the oldest push that the client has not acknowledged was queued.</summary>
    public Moment? WaitingSince => _outstanding.First?.Value.QueuedAt;

    public int InterestCount => _interest.Count;

    /// <summary>How much of that it was told to let go of by a bound, and has not acknowledged yet.</summary>
    public int PushedOutCount => _pushedOut;

    /// <summary>The rest.</summary>
    public int HeldCount => _interest.Count - _pushedOut;

    public int OutstandingCount => _outstanding.Count;

    /// <summary>Whether the client has not acknowledged that update.</summary>
    public bool Owes(UpdateId update) => _outstanding.Any(push => push.Update == update);

    public IEnumerable<TagId> Tags => _interest.Keys;

    /// <summary>How much may be granted at this moment; zero or less for nothing.</summary>
    public TimeSpan Grantable(Moment now, TimeSpan lease, TimeSpan servingLeft)
    {
        if (IsBroken)
        {
            return TimeSpan.Zero;
        }

        var grant = lease < servingLeft ? lease : servingLeft;

        // A client that renews but loses pushes must not hold an update up for longer than a lease.
        var left = WaitingSince is { } since ? since + lease - now : grant;
        return grant < left ? grant : left;
    }

    public void Granted(Moment now, TimeSpan grant) => Deadline = Moment.Later(Deadline, now + LeaseTerms.WaitOut(grant));

    /// <summary>True if the session was not interested in it before.</summary>
    public bool Register(TagId tag)
    {
        var isNew = !_interest.TryGetValue(tag, out var interest);
        if (isNew)
        {
            interest = new(tag);
            _interest.Add(tag, interest);
        }
        else if (!interest!.IsPushedOut)
        {
            _oldestFirst.Remove(interest.Place);
        }

        interest.RegisteredAt = ++_step;
        MarkPushedOut(interest, false);
        _oldestFirst.AddLast(interest.Place);
        return isNew;
    }

    /// <summary>If the bound is exceeded: the oldest tags, some more than it takes, each given once until it is registered again.</summary>
    public TagId[] TakeOver(int bound)
    {
        var over = HeldCount - bound;
        if (over <= 0)
        {
            return [];
        }

        var tags = new List<TagId>();
        for (var most = over + (bound / 8); tags.Count < most && _oldestFirst.First is { } oldest;)
        {
            _oldestFirst.Remove(oldest);
            MarkPushedOut(oldest.Value, true);
            tags.Add(oldest.Value.Tag);
        }

        return [.. tags];
    }

    /// <summary>Queues a push; <paramref name="update"/> is what waits for its acknowledgement, if anything does.</summary>
    public void Queue(TagId[] tags, TimeSpan? staleFor, UpdateId? update, Moment now, string? trace = null, TagMatch match = TagMatch.Any) =>
        _outstanding.AddLast(new Outstanding(new(++_pushes, tags, staleFor, trace, match), update, now, ++_step));

    /// <summary>What is to be pushed, in order; it stays queued until it is acknowledged.</summary>
    public Push[] Unacknowledged(int most) => [.. _outstanding.Take(most).Select(outstanding => outstanding.Push)];

    /// <summary>The client has applied every push up to that number.</summary>
    public void Acknowledged(long number, List<UpdateId> released, List<TagId> forgotten)
    {
        while (_outstanding.First is { Value: { } first } && first.Push.Number <= number)
        {
            _outstanding.RemoveFirst();
            if (first.Update is { } update)
            {
                released.Add(update);
            }

            var keepsInterest = first.Push.StaleFor is null ? first.Push.Match == TagMatch.All && ProtocolRules.ConjunctionsKeepInterest : ProtocolRules.RevalidationKeepsInterest;
            if (!keepsInterest)
            {
                Forget(first, forgotten);
            }
        }
    }

    /// <summary>Breaks it; whatever waited for it waits no longer.</summary>
    public void Break(List<UpdateId> released)
    {
        IsBroken = true;
        released.AddRange(_outstanding.Where(outstanding => outstanding.Update is not null).Select(outstanding => outstanding.Update!.Value));
        _outstanding.Clear();
    }

    public void ForgetAll()
    {
        _interest.Clear();
        _oldestFirst.Clear();
        _pushedOut = 0;
    }

    /// <summary>The client keeps nothing under these tags any more, unless it has registered again since the push was queued (invariant C5).</summary>
    private void Forget(Outstanding acknowledged, List<TagId> forgotten)
    {
        foreach (var tag in acknowledged.Push.Tags)
        {
            if (_interest.TryGetValue(tag, out var interest) && (interest.RegisteredAt < acknowledged.Step || !ProtocolRules.RegisteredAgainStays))
            {
                if (!interest.IsPushedOut)
                {
                    _oldestFirst.Remove(interest.Place);
                }

                MarkPushedOut(interest, false);
                _interest.Remove(tag);
                forgotten.Add(tag);
            }
        }
    }

    private void MarkPushedOut(Interest interest, bool isPushedOut)
    {
        _pushedOut += (isPushedOut ? 1 : 0) - (interest.IsPushedOut ? 1 : 0);
        interest.IsPushedOut = isPushedOut;
    }

    private sealed class Interest
    {
        public Interest(TagId tag)
        {
            Tag = tag;
            Place = new(this);
        }

        public TagId Tag { get; }

        public LinkedListNode<Interest> Place { get; }

        public long RegisteredAt { get; set; }

        /// <summary>Pushed out by the bound, and forgotten once that is acknowledged.</summary>
        public bool IsPushedOut { get; set; }
    }

    private sealed record Outstanding(Push Push, UpdateId? Update, Moment QueuedAt, long Step);
}
