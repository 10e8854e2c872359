using CsCheck;
using OrleansTagCache.Coherence;
using OrleansTagCache.Journal;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Core;

/// <summary>
/// Readers of events in a small cluster whose silos join and die, hear of updates and ends at times of their own, finish what the dead leave, and forget: what is complete after a reader had come is told to it, or it is told of a gap
/// (invariant E1).
/// </summary>
public sealed class EventReaderModelTests
{
    [Fact]
    public void Readers_ThatMove_MissNothingWithoutAWord() => Gen.Int.Sample(seed => new Cluster(seed).Run(), iter: 1_500);

    private sealed class Cluster(int seed)
    {
        private const int Steps = 150;

        private static readonly DateTimeOffset Date = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

        private readonly Random _random = new(seed);
        private readonly int _capacity = (seed & 1) == 0 ? 6 : 12;
        private readonly List<Silo> _alive = [];
        private readonly HashSet<string> _owed = [];
        private readonly HashSet<string> _complete = [];
        private Silo _at = null!;
        private EventCursor _cursor = null!;
        private bool _isAway;
        private int _silos;
        private int _tags;

        public void Run()
        {
            Join();
            Join();
            Join();
            BeginAnew(_alive[0]);
            for (var step = 0; step < Steps; step++)
            {
                var silo = _alive[_random.Next(_alive.Count)];
                switch (_random.Next(24))
                {
                    case < 6:
                        silo.Begin($"{++_tags}", null);
                        break;
                    case < 16:
                        silo.DeliverOne(_random);
                        break;
                    case < 19:
                        _ = _isAway || Take();
                        break;
                    case 19:
                        _isAway = true;
                        break;
                    case < 22:
                        Move(silo);
                        break;
                    case 22 when _alive.Count < 4:
                        Join();
                        break;
                    case 23 when _alive.Count > 2:
                        Die(silo);
                        break;
                    default:
                        break;
                }
            }

            while (_alive.Exists(silo => silo.DeliverOne(_random)))
            {
            }

            if (_isAway)
            {
                Move(_alive[0]);
            }

            while (!Take())
            {
            }

            Assert.True(_owed.Count == 0, $"Neither told nor a gap: {string.Join(", ", _owed)}.");
        }

        private void Join()
        {
            var joiner = new Silo($"{++_silos}", _capacity, Completed);
            foreach (var silo in _alive)
            {
                silo.Greeted(joiner);
                joiner.Log.Told(silo.Name, silo.Incarnation, silo.Begun, silo.Log.Finished);
                joiner.Members.Add(silo);
            }

            _alive.Add(joiner);
        }

        private void Die(Silo silo)
        {
            _alive.Remove(silo);
            silo.IsDead = true;
            _alive.ForEach(other => other.ToSeeDead.Add(silo));
            if (_at == silo && !_isAway)
            {
                Move(_alive[_random.Next(_alive.Count)]);
            }
        }

        /// <summary>The first time that it is complete anywhere; what finishes it again tells it again.</summary>
        private void Completed(string tag)
        {
            if (_complete.Add(tag))
            {
                _owed.Add(tag);
            }
        }

        private void Move(Silo silo)
        {
            Assert.True(EventPosition.TryParse(_cursor.Position.ToString(), out var position));
            (_at, _isAway) = (silo, false);
            if (silo.Log.Find(position) is { } cursor)
            {
                _cursor = cursor;
            }
            else
            {
                BeginAnew(silo);
            }
        }

        private void BeginAnew(Silo silo)
        {
            silo.Log.Advance(silo.Incarnation, silo.Oldest - 1);
            (_at, _cursor) = (silo, silo.Log.End(Date));
            _owed.Clear();
        }

        /// <returns>False if the reader has stopped before the end of the log.</returns>
        private bool Take()
        {
            var events = new List<LoggedEvent>();
            while (true)
            {
                if (!_at.Log.Read(_cursor, events, 5))
                {
                    BeginAnew(_at);
                    return true;
                }

                foreach (var logged in events)
                {
                    if (_cursor.Take(logged))
                    {
                        _owed.ExceptWith(logged.Tags.Select(tag => tag.Name));
                    }

                    // A reader may go in the midst of them.
                    if (_random.Next(8) == 0)
                    {
                        return false;
                    }
                }

                if (events.Count == 0)
                {
                    if (_at.Log.PositionAt(_cursor, Date) is { } end && _random.Next(2) == 0)
                    {
                        _cursor.Stands(end);
                    }

                    return true;
                }
            }
        }
    }

    /// <summary>A silo as the invalidator is one: what it tells its log, and in which order.</summary>
    private sealed class Silo(string name, int capacity, Action<string> completed)
    {
        private readonly Dictionary<long, (TagUpdate Update, HashSet<Silo> Acknowledged, UpdateId? Finishes)> _pending = [];
        private readonly Dictionary<Silo, Queue<UpdateBatch>> _inbox = [];
        private readonly Dictionary<UpdateId, TagUpdate> _open = [];

        public string Name => name;

        public Guid Incarnation { get; } = Guid.NewGuid();

        public EventLog<string> Log => field ??= new(Incarnation, name, capacity, mostTags: 1_000, mostFinished: 6);

        public List<Silo> Members { get; } = [];

        public List<Silo> ToSeeDead { get; } = [];

        public bool IsDead { get; set; }

        public long Begun { get; private set; }

        public long Oldest => _pending.Count == 0 ? Begun + 1 : _pending.Keys.Min();

        public void Begin(string tag, UpdateId? finishes)
        {
            var update = new TagUpdate(new(Incarnation, ++Begun), [TagId.OfTag(CacheNamespace.Default, tag)], null);
            _pending.Add(Begun, (update, [], finishes));
            Members.ForEach(member => Send(member, [update], []));
            Reconsider(Begun);
        }

        /// <summary>From now on its updates reach that silo, those that are not settled too.</summary>
        public void Greeted(Silo joiner)
        {
            Members.Add(joiner);
            foreach (var (update, _, _) in _pending.Values.OrderBy(pending => pending.Update.Id.Sequence).ToArray())
            {
                Send(joiner, [update], []);
            }
        }

        /// <summary>Something comes: a batch of another silo, or that one is dead, after which nothing of it comes.</summary>
        public bool DeliverOne(Random random)
        {
            var from = _inbox.Where(box => box.Value.Count > 0 && !ToSeeDead.Contains(box.Key)).Select(box => box.Key).Concat(ToSeeDead).ToArray();
            if (from.Length == 0)
            {
                return false;
            }

            var silo = from[random.Next(from.Length)];
            if (!ToSeeDead.Contains(silo))
            {
                Receive(silo, _inbox[silo].Dequeue());
                return true;
            }

            // What was on its way may have come before.
            while (_inbox.TryGetValue(silo, out var box) && random.Next(2) == 0 && box.TryDequeue(out var batch))
            {
                Receive(silo, batch);
            }

            _inbox.Remove(silo);
            ToSeeDead.Remove(silo);
            Members.Remove(silo);
            var orphans = _open.Values.Where(update => update.Id.Coordinator == silo.Incarnation).ToArray();
            Log.Died(silo.Name);
            Array.ForEach(orphans, update => Begin(update.Tags[0].Name, update.Id));
            foreach (var number in _pending.Keys.ToArray())
            {
                Reconsider(number);
            }

            return true;
        }

        private void Send(Silo member, TagUpdate[] updates, UpdateId[] settled)
        {
            if (!member._inbox.TryGetValue(this, out var inbox))
            {
                member._inbox.Add(this, inbox = new());
            }

            inbox.Enqueue(new(Incarnation, updates, settled, Oldest, Begun: Begun));
        }

        private void Receive(Silo coordinator, UpdateBatch batch)
        {
            Log.Heard(coordinator.Name, batch);
            var before = _open.Keys.Where(id => id.Coordinator == batch.Incarnation && id.Sequence < batch.OldestUnsettled).OrderBy(id => id.Sequence);
            foreach (var id in before.Concat(batch.Settled).ToArray())
            {
                _open.Remove(id);
                Log.Settled(id, batch.Incarnation, default);
            }

            Log.Advance(batch.Incarnation, batch.OldestUnsettled - 1);
            foreach (var update in batch.Updates)
            {
                _open[update.Id] = update;
                Log.Opened(update);
                if (!coordinator.IsDead)
                {
                    coordinator.Acknowledged(this, update.Id.Sequence);
                }
            }
        }

        private void Acknowledged(Silo member, long number)
        {
            if (_pending.TryGetValue(number, out var pending))
            {
                pending.Acknowledged.Add(member);
                Reconsider(number);
            }
        }

        private void Reconsider(long number)
        {
            if (!_pending.TryGetValue(number, out var pending) || !Members.TrueForAll(pending.Acknowledged.Contains))
            {
                return;
            }

            _pending.Remove(number);
            var settled = new List<UpdateId> { pending.Update.Id };
            if (pending.Finishes is { } finished)
            {
                settled.Add(finished);
                _open.Remove(finished);
                Log.Settled(finished, Incarnation, default);
            }

            Members.ForEach(member => Send(member, [], [.. settled]));
            completed(pending.Update.Tags[0].Name);
            Log.Opened(pending.Update);
            Log.Settled(pending.Update.Id, Incarnation, default);
            Log.Advance(Incarnation, Oldest - 1);
        }
    }
}
