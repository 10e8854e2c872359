using CsCheck;
using OrleansTagCache.Coherence;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Core;

/// <summary>The key's own tag: its record in the slot that keeps the key's value, in the ledger's table otherwise, and in the floor when it was forgotten.</summary>
public sealed class KeySlotTests
{
    private readonly TagLedger _ledger = new(2);
    private readonly Slots _slots = new();

    public KeySlotTests() => _ledger.Add(_slots);

    [Fact]
    public void Hold_OfAKeyThatWasNeverUpdated_KeepsNoRecordOfIt()
    {
        var slot = _slots.Of("key");

        Assert.True(_ledger.Attach([], slot.Key, slot, _ledger.Stamp()).IsKeyLive);

        Assert.Null(slot.Record);
        Assert.Equal(0, _ledger.Counts.Records);
    }

    [Fact]
    public void Expire_OfAKeyThatIsKept_IsInItsSlotAlone()
    {
        var (slot, stamp) = (_slots.Of("key"), _ledger.Stamp());
        _ledger.Attach([], slot.Key, slot, stamp);

        _ledger.Expire([slot.Key]);

        Assert.False(slot.Admits(stamp));
        Assert.True(slot.Admits(_ledger.Stamp()));
        Assert.Equal(0, _ledger.Counts.Records);
        Assert.False(_ledger.IsLive([slot.Key], stamp));
    }

    [Fact]
    public void Hold_OfAKeyThatWasExpiredInFlight_RefusesItsStamp()
    {
        var (slot, stamp) = (_slots.Of("key"), _ledger.Stamp());
        _ledger.Expire([slot.Key]);

        Assert.False(_ledger.Attach([], slot.Key, slot, stamp).IsKeyLive);
        Assert.True(_ledger.Attach([], slot.Key, slot, _ledger.Stamp()).IsKeyLive);
    }

    [Fact]
    public void Hold_OnceTheExpiryWasForgotten_RefusesStampsFromBeforeIt()
    {
        var stamp = _ledger.Stamp();
        _ledger.Expire([_slots.Of("key").Key]);
        _ledger.Forget(_ledger.Stamp());

        Assert.Equal(0, _ledger.Counts.Records);
        Assert.False(_ledger.Attach([], _slots.Of("key").Key, _slots.Of("key"), stamp).IsKeyLive);
        Assert.False(_ledger.Attach([], _slots.Of("other").Key, _slots.Of("other"), stamp).IsKeyLive);
        Assert.True(_ledger.Attach([], _slots.Of("another").Key, _slots.Of("another"), _ledger.Stamp()).IsKeyLive);
    }

    /// <summary>Kept first was a newer value, which knows nothing of what was forgotten; an older one may not profit from that.</summary>
    [Fact]
    public void Hold_BesideANewerValue_RefusesStampsFromBeforeAForgottenExpiry()
    {
        var (slot, stamp) = (_slots.Of("key"), _ledger.Stamp());
        _ledger.Expire([slot.Key]);
        _ledger.Forget(_ledger.Stamp());
        Assert.True(_ledger.Attach([], slot.Key, slot, _ledger.Stamp()).IsKeyLive);

        Assert.False(_ledger.Attach([], slot.Key, slot, stamp).IsKeyLive);
    }

    [Fact]
    public void Forgotten_Keys_RaiseNoFloorOfTags()
    {
        var stamp = _ledger.Stamp();
        for (var i = 0; i < 100; i++)
        {
            _ledger.Expire([TagId.OfKey($"key{i}")]);
        }

        Assert.True(_ledger.IsLive([TagId.OfTag(CacheNamespace.Default, "tag")], stamp));
        Assert.False(_ledger.IsLive([TagId.OfKey("7:defaultother")], stamp));
        Assert.InRange(_ledger.Counts.Records, 0, 2);
    }

    /// <summary>The value goes while an update of its key is open: until it is settled, no copy under the key may be kept.</summary>
    [Fact]
    public void Release_WhileAnUpdateOfTheKeyIsOpen_LeavesItOpen()
    {
        var (slot, update) = (_slots.Of("key"), new UpdateId(Guid.Empty, 1));
        _ledger.Attach([], slot.Key, slot, _ledger.Stamp());
        _ledger.Expire(update, [slot.Key]);

        _ledger.Detach([], slot);
        _slots.Retire(slot);

        Assert.False(_ledger.MayKeepCopy([slot.Key], _ledger.Stamp()));
        var again = _slots.Of("key");
        var open = _ledger.Stamp();
        _ledger.Attach([], again.Key, again, open);
        Assert.False(_ledger.MayKeepCopy([slot.Key], _ledger.Stamp()));
        _ledger.Settle(update);
        Assert.False(_ledger.MayKeepCopy([slot.Key], open));
        Assert.True(_ledger.MayKeepCopy([slot.Key], _ledger.Stamp()));
    }

    [Fact]
    public void Release_OfTheLastValue_LeavesTheRecordToReadersWhoHaveTheValueInHand()
    {
        var (slot, stamp) = (_slots.Of("key"), _ledger.Stamp());
        _ledger.Attach([], slot.Key, slot, stamp);
        _ledger.Expire([slot.Key]);

        _ledger.Detach([], slot);

        Assert.False(slot.Admits(stamp));
    }

    [Fact]
    public void Expire_OfAKeyInSeveralPlaces_IsInAllOfThem()
    {
        var others = new Slots();
        _ledger.Add(others);
        var (first, second, stamp) = (_slots.Of("key"), others.Of("key"), _ledger.Stamp());
        _ledger.Attach([], first.Key, first, stamp);
        _ledger.Expire([first.Key]);

        // It learns of it from the first.
        Assert.False(_ledger.Attach([], second.Key, second, stamp).IsKeyLive);

        _ledger.Detach([], first);
        _ledger.Expire([first.Key]);
        Assert.Same(second.Record, first.Record);
        Assert.False(second.Admits(new(1)));
        _ledger.Detach([], second);
        Assert.False(_ledger.IsLive([first.Key], new(1)));
    }

    /// <summary>Two stores with the same keys, beside a history that forgets nothing.</summary>
    [Fact]
    public void AnyCalls_ServeNothingThatWasExpiredAndRefuseNothingThatIsKnown() => Gen.Select(
        Gen.Enum<Verb>(), Gen.Int[0, 1], Gen.Int[0, 1], Gen.Int[0, 1_000]).Array[1, 60].Sample(
        calls =>
        {
            var run = new Run();
            foreach (var (verb, key, store, amount) in calls)
            {
                run.Apply(verb, key, store, amount);
            }
        },
        iter: 20_000);

    private enum Verb
    {
        Hold,
        Release,
        Expire,
        ExpireUnopened,
        Settle,
        Forget,
    }

    private sealed class Slot(TagId key) : KeySlot
    {
        public TagId Key => key;
    }

    private sealed class Slots : IKeySlots
    {
        private readonly Dictionary<TagId, Slot> _slots = [];

        public KeySlot? Find(TagId key) => _slots.GetValueOrDefault(key);

        public ValueTask EndAll(TagRecord[] records, Stamp at) => default;

        public Slot Of(string name)
        {
            var key = TagId.OfKey(CacheNamespace.Default.Scope(name));
            if (!_slots.TryGetValue(key, out var slot))
            {
                _slots.Add(key, slot = new(key));
            }

            return slot;
        }

        /// <summary>An empty slot goes; the key gets another when it is next needed.</summary>
        public void Retire(Slot slot)
        {
            if (slot.ValuesNeedsLock == 0)
            {
                _slots.Remove(slot.Key);
            }
        }
    }

    private sealed class Run
    {
        private readonly TagLedger _ledger = new(1_000);
        private readonly Slots[] _stores = [new(), new()];
        private readonly List<(int Key, long At)> _expiries = [];
        private readonly List<(int Key, long At)> _settlings = [];
        private readonly List<(int Key, UpdateId Id)> _open = [];
        private readonly List<(int Key, int Store, Slot Slot, long Stamp)> _held = [];
        private long _clock;
        private long _forgotten;
        private long _updates;

        public Run() => Array.ForEach(_stores, _ledger.Add);

        public void Apply(Verb verb, int key, int store, int amount)
        {
            var id = TagId.OfKey(CacheNamespace.Default.Scope($"k{key}"));
            switch (verb)
            {
                case Verb.Hold:
                    Hold(key, store, stamp: amount % (_clock + 1));
                    break;
                case Verb.Release when _held.Count > 0:
                    var value = _held[amount % _held.Count];
                    _held.Remove(value);
                    _ledger.Detach([], value.Slot);
                    _stores[value.Store].Retire(value.Slot);
                    break;
                case Verb.Expire:
                    var update = new UpdateId(Guid.Empty, ++_updates);
                    _ledger.Expire(update, [id]);
                    _open.Add((key, update));
                    _expiries.Add((key, ++_clock));
                    break;
                case Verb.ExpireUnopened:
                    _ledger.Expire([id]);
                    _expiries.Add((key, ++_clock));
                    break;
                case Verb.Settle when _open.Count > 0:
                    var open = _open[amount % _open.Count];
                    _open.Remove(open);
                    _ledger.Settle(open.Id);
                    _settlings.Add((open.Key, ++_clock));
                    break;
                case Verb.Forget:
                    var mark = amount % (_clock + 1);
                    _forgotten = Math.Max(_forgotten, mark);
                    _ledger.Forget(new(mark));
                    break;
            }

            Assert.Equal(new Stamp(_clock), _ledger.Stamp());
            _held.ForEach(value => Check(value.Slot.Admits(new(value.Stamp)), value.Key, value.Stamp, "A kept value"));
            CheckByName(0);
            CheckByName(1);
        }

        private void Hold(int key, int store, long stamp)
        {
            var slot = _stores[store].Of($"k{key}");
            var isLive = _ledger.Attach([], slot.Key, slot, new(stamp)).IsKeyLive;
            Check(isLive, key, stamp, "A value that is to be kept");
            if (isLive)
            {
                _held.Add((key, store, slot, stamp));
            }
            else
            {
                _ledger.Detach([], slot);
                _stores[store].Retire(slot);
            }
        }

        private void CheckByName(int key)
        {
            var id = TagId.OfKey(CacheNamespace.Default.Scope($"k{key}"));
            for (var stamp = 0L; stamp <= _clock; stamp++)
            {
                Check(_ledger.IsLive([id], new(stamp)), key, stamp, "By name, a value");
                var isUnsettled = _open.Exists(open => open.Key == key) || _settlings.Exists(settling => settling.Key == key && settling.At > stamp);
                Assert.False(isUnsettled && _ledger.MayKeepCopy([id], new(stamp)), $"A copy under k{key} is kept with stamp {stamp}.");
            }
        }

        private void Check(bool isLive, int key, long stamp, string what)
        {
            var isExpired = _expiries.Exists(expiry => expiry.Key == key && expiry.At > stamp);
            Assert.False(isLive && isExpired, $"{what} of k{key} is served with stamp {stamp}.");
            Assert.True(isLive || isExpired || stamp < _forgotten, $"{what} of k{key} is refused with stamp {stamp}.");
        }
    }
}
