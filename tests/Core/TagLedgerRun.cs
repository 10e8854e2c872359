using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Core;

/// <summary>What is done to a ledger.</summary>
public enum LedgerVerb
{
    Expire,
    Stale,
    Settle,
    ExpireEverything,
    Attach,
    Detach,
    Hold,
    Release,
    Forget,
    Wait,
}

/// <summary>One call: which tags (a set of bits), which update or value, and a number that the verb reads in its own way.</summary>
public sealed record LedgerCall(LedgerVerb Verb, int Tags, int Which, int Amount);

/// <summary>
/// A ledger beside the full history of what was done to it. The history forgets nothing and answers every question by looking at all of it.
/// </summary>
internal sealed class TagLedgerRun(int maximumUnreferenced)
{
    public const int TagCount = 4;
    public const int AllTags = (1 << TagCount) - 1;
    private static readonly TagId[] Pool = [.. Enumerable.Range(0, TagCount).Select(i => TagId.OfTag(CacheNamespace.Default, $"t{i}"))];
    private static readonly TagId[][] Sets = [.. Enumerable.Range(0, AllTags + 1).Select(Choose)];

    private readonly List<(long At, int Tags)> _expiries = [];
    private readonly List<(long At, int Tags)> _settlings = [];
    private readonly List<(long At, int Tags, Moment Deadline)> _stalings = [];
    private readonly List<(long From, long To, int Tags)> _opened = [];
    private readonly Dictionary<UpdateId, int> _open = [];
    private readonly Dictionary<UpdateId, long> _openFrom = [];
    private readonly Dictionary<UpdateId, int> _holds = [];
    private readonly List<(int Tags, TagRecord[] Records)> _attached = [];
    private long _clock;
    private long _epoch;
    private long _forgotten;
    private Moment _now = new(0);

    public TagLedger Ledger { get; } = new(maximumUnreferenced);

    public static TagId[] Tags(int tags) => Sets[tags];

    public static UpdateId Update(long number) => new(Guid.Empty, number);

    private static UpdateId Hold(long number) => new(Guid.Empty, -1 - number);

    public void Apply(LedgerCall call)
    {
        var (update, tags) = (Update(call.Which), Sets[call.Tags]);
        switch (call.Verb)
        {
            case LedgerVerb.Expire:
                if (TryOpen(update, call.Tags))
                {
                    _expiries.Add((_clock, call.Tags));
                }

                Assert.Equal(new Stamp(_clock), Ledger.Expire(update, tags));
                break;
            case LedgerVerb.Stale:
                var deadline = _now + TimeSpan.FromTicks(call.Amount);
                if (TryOpen(update, call.Tags))
                {
                    _stalings.Add((_clock, call.Tags, deadline));
                }

                Assert.Equal(new Stamp(_clock), Ledger.Stale(update, tags, deadline, _now));
                break;
            case LedgerVerb.Settle:
                if (_open.Remove(update, out var opened))
                {
                    _settlings.Add((++_clock, opened));
                    _opened.Add((_openFrom[update], _clock, opened));
                }

                Ledger.Settle(update);
                break;
            case LedgerVerb.ExpireEverything:
                _epoch = ++_clock;
                Assert.Equal(new Stamp(_clock), Ledger.ExpireEverything());
                break;
            case LedgerVerb.Attach:
                _attached.Add((call.Tags, Ledger.Attach(tags)));
                break;
            case LedgerVerb.Detach when _attached.Count > 0:
                Ledger.Detach(_attached[call.Which % _attached.Count].Records);
                _attached.RemoveAt(call.Which % _attached.Count);
                break;
            case LedgerVerb.Hold:
                var hold = Hold(call.Which);
                if (_holds.TryAdd(hold, call.Tags))
                {
                    _expiries.Add((++_clock, call.Tags));
                }

                Assert.Equal(new Stamp(_clock), Ledger.Hold(hold, tags));
                break;
            case LedgerVerb.Release:
                // One that is not held is an expiry, and a settling too.
                var released = _holds.Remove(Hold(call.Which), out var held) ? held : call.Tags;
                _expiries.Add((++_clock, released));
                _settlings.Add((_clock, released));
                Assert.Equal(new Stamp(_clock), Ledger.Release(Hold(call.Which), tags));
                break;
            case LedgerVerb.Forget:
                var mark = call.Amount % (_clock + 1);
                _forgotten = Math.Max(_forgotten, mark);
                Ledger.Forget(new(mark));
                break;
            case LedgerVerb.Wait:
                _now += TimeSpan.FromTicks(call.Amount);
                break;
        }

        Assert.Equal(new Stamp(_clock), Ledger.Stamp());
        Assert.Equal((_open.Count, _holds.Count), (Ledger.Counts.OpenUpdates, Ledger.Holds));
    }

    /// <summary>Settles and releases everything.</summary>
    public void CloseAll()
    {
        foreach (var update in _open.Keys.ToList())
        {
            Apply(new(LedgerVerb.Settle, 0, (int)update.Sequence, 0));
        }

        foreach (var hold in _holds.Keys.ToList())
        {
            Apply(new(LedgerVerb.Release, 0, (int)(-1 - hold.Sequence), 0));
        }

        while (_attached.Count > 0)
        {
            Apply(new(LedgerVerb.Detach, 0, 0, 0));
        }
    }

    /// <summary>Compares the answers for every stamp ever taken, each tag and all of them, and every value attached.</summary>
    /// <param name="isExact">Whether nothing but what was asked for may have been forgotten.</param>
    public void Check(bool isExact)
    {
        for (var stamp = 0L; stamp <= _clock; stamp++)
        {
            for (var tag = 0; tag < TagCount; tag++)
            {
                CheckByName(1 << tag, stamp, isExact);
            }

            CheckByName(AllTags, stamp, isExact);
            foreach (var (tags, records) in _attached)
            {
                CheckAttached(tags, records, stamp, isExact);
            }
        }
    }

    /// <summary>The same for every set of tags, also as values that are attached from now on.</summary>
    public void CheckAllSets(bool isExact)
    {
        for (var tags = 0; tags <= AllTags; tags++)
        {
            for (var stamp = 0L; stamp <= _clock; stamp++)
            {
                CheckByName(tags, stamp, isExact);
            }

            var records = Ledger.Attach(Sets[tags]);
            for (var stamp = 0L; stamp <= _clock; stamp++)
            {
                CheckAttached(tags, records, stamp, isExact);
            }

            Ledger.Detach(records);
        }
    }

    private static TagId[] Choose(int tags) => [.. Pool.Where((_, i) => (tags & (1 << i)) != 0)];

    private bool TryOpen(UpdateId update, int tags)
    {
        if (!_open.TryAdd(update, tags))
        {
            return false;
        }

        _openFrom[update] = ++_clock;
        return true;
    }

    private void CheckByName(int tags, long stamp, bool isExact)
    {
        var isLive = Ledger.IsLive(Sets[tags], new(stamp));
        var mayKeep = Ledger.MayKeepCopy(Sets[tags], new(stamp));
        var mayKeepMade = Ledger.MayKeepMadeSince(Sets[tags], new(stamp));
        var isExpired = IsExpired(tags, stamp);
        var isHeld = _holds.Values.Any(held => (held & tags) != 0);
        var wasOpen = isHeld || _open.Any(open => (open.Value & tags) != 0 && _openFrom[open.Key] <= stamp)
            || _opened.Exists(opened => (opened.Tags & tags) != 0 && opened.From <= stamp && stamp < opened.To);
        var isUnsettled = _open.Values.Concat(_holds.Values).Any(open => (open & tags) != 0)
            || _settlings.Exists(settling => settling.At > stamp && (settling.Tags & tags) != 0);
        Assert.False(isLive && isExpired, $"{tags:b} is served with stamp {stamp}.");
        Assert.False(mayKeep && (isExpired || isUnsettled), $"A copy of {tags:b} is kept with stamp {stamp}.");
        Assert.False(mayKeepMade && (isExpired || wasOpen), $"What was made of {tags:b} is kept with stamp {stamp}.");
        Assert.False(mayKeep && !mayKeepMade, $"What was made of {tags:b} is refused with stamp {stamp} as a copy is not.");
        if (isExact && IsKnown(tags, stamp))
        {
            // Exact while nothing of the tags was settled since but what has come since, once.
            var isSettledOnce = _settlings.Count(settling => settling.At > stamp && (settling.Tags & tags) != 0) <= 1 && !_open.Values.Any(open => (open & tags) != 0);
            Assert.True(mayKeepMade || isExpired || wasOpen || !isSettledOnce, $"What was made of {tags:b} is refused with stamp {stamp}.");
            Assert.True(isLive || isExpired, $"{tags:b} is refused with stamp {stamp}.");
            Assert.True(mayKeep || isExpired || isUnsettled, $"A copy of {tags:b} is refused with stamp {stamp}.");
        }
    }

    private void CheckAttached(int tags, TagRecord[] records, long stamp, bool isExact)
    {
        var isLive = Ledger.IsLive(records, new(stamp));
        var verdicts = records.Select(record => record.StalingOf(new(stamp))).Where(each => each.IsStale).ToList();
        var verdict = verdicts.Count == 0 ? StalingVerdict.None : new(true, verdicts.Min(each => each.Deadline));
        var isExpired = IsExpired(tags, stamp);
        var stalings = _stalings.Where(staling => staling.At > stamp && (staling.Tags & tags) != 0).ToList();
        Assert.Equal(_holds.Values.Any(hold => (hold & tags) != 0), Ledger.IsHeld(records));
        Assert.False(isLive && isExpired, $"A value of {tags:b} is served with stamp {stamp}.");
        if (isLive && stalings.Count > 0)
        {
            Assert.True(verdict.IsStale, $"A value of {tags:b} with stamp {stamp} is not stale.");
            var deadline = stalings.Min(staling => staling.Deadline);
            Assert.True(verdict.Deadline <= deadline, $"The deadline of {tags:b} with stamp {stamp} moved out.");
        }

        if (isExact && IsKnown(tags, stamp))
        {
            Assert.True(isLive || isExpired, $"A value of {tags:b} is refused with stamp {stamp}.");
            Assert.Equal(stalings.Count > 0, verdict.IsStale);
            Assert.Equal(stalings.Select(staling => staling.Deadline).DefaultIfEmpty(Moment.Never).Min(), verdict.Deadline);
        }
    }

    private bool IsExpired(int tags, long stamp) =>
        _epoch > stamp || _expiries.Exists(expiry => expiry.At > stamp && (expiry.Tags & tags) != 0);

    // Exact down to what was forgotten, while no schedule had to join steps and no deadline after the stamp has become an expiry.
    private bool IsKnown(int tags, long stamp) => stamp >= _forgotten
        && _stalings.Count(staling => (staling.Tags & tags) != 0) <= StalingSchedule.MaximumSteps
        && !_stalings.Exists(staling => staling.At > stamp && (staling.Tags & tags) != 0 && staling.Deadline <= _now);
}
