using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Core;

/// <summary>A session table beside a list of everything that was ever asked of it, from which every answer is derived anew.</summary>
internal sealed class SessionTableModel(TimeSpan lease, int bound)
{
    private readonly SessionTable _table = new(Guid.NewGuid(), lease, bound);
    private readonly Client?[] _clients = new Client?[4];
    private readonly Dictionary<UpdateId, HashSet<Client>> _held = [];
    private Moment _now = new(0);
    private long _step;
    private long _updates;

    public void Call(int what, int who, TagId tag, TimeSpan time)
    {
        _step++;
        if (_clients[who] is not { } client)
        {
            _clients[who] = new(_table.Open(who)!);
            return;
        }

        switch (what)
        {
            case 0:
                _now += time;
                break;
            case 1:
                _table.Register(client.Session, [tag], _now);
                client.Interest[tag] = _step;
                break;
            case 2:
                Grant(client, time);
                break;
            case 3:
                Queue(tag);
                break;
            case 4:
                Acknowledge(client, (int)time.TotalMilliseconds % 3);
                break;
            case 5:
                Break(who, client);
                break;
            default:
                Leave(who, client);
                break;
        }

        foreach (var (update, holders) in _held)
        {
            Assert.Equal(holders.Count > 0, _table.AwaitsClients(update));
        }
    }

    private void Grant(Client client, TimeSpan servingLeft)
    {
        var oldest = client.Pushes.Count > 0 ? client.Pushes[0].At + lease - _now : TimeSpan.MaxValue;
        var expected = new[] { lease, servingLeft, oldest }.Min();
        var grant = _table.Grant(client.Session, _now, servingLeft);
        Assert.Equal(expected > TimeSpan.Zero ? expected : TimeSpan.Zero, grant);
        if (grant > TimeSpan.Zero)
        {
            client.Deadline = Moment.Later(client.Deadline, _now + LeaseTerms.WaitOut(grant));
        }
    }

    private void Queue(TagId tag)
    {
        var change = new TagUpdate(new(Guid.Empty, ++_updates), [tag], StaleFor: null);
        var interested = _clients.OfType<Client>().Where(client => client.Interest.ContainsKey(tag)).ToHashSet();
        Assert.Equal([.. interested.Select(client => client.Session)], _table.Queue(change, _now).ToHashSet());
        foreach (var client in interested)
        {
            client.Pushes.Add((++client.Number, tag, change.Id, _now, _step));
        }

        _held[change.Id] = interested;
    }

    private void Acknowledge(Client client, int count)
    {
        var acknowledged = client.Pushes.Take(count).ToList();
        if (acknowledged.Count == 0)
        {
            return;
        }

        client.Pushes.RemoveRange(0, acknowledged.Count);
        var released = _table.Acknowledged(client.Session, acknowledged[^1].Number);
        Assert.Equal(LetGo(client, acknowledged.Select(push => push.Update)), released.ToHashSet());
        foreach (var (_, tag, _, _, step) in acknowledged)
        {
            if (client.Interest.TryGetValue(tag, out var registered) && registered < step)
            {
                client.Interest.Remove(tag);
            }
        }
    }

    private void Break(int who, Client client)
    {
        var isBroken = _table.TryBreak(client.Session, _now, out var released);
        Assert.Equal(_now >= client.Deadline, isBroken);
        if (isBroken)
        {
            Assert.Equal(LetGo(client, client.Pushes.Select(push => push.Update)), released.ToHashSet());
            Gone(who, client);
        }
    }

    private void Leave(int who, Client client)
    {
        var released = _table.Left(client.Session);
        Assert.Equal(LetGo(client, client.Pushes.Select(push => push.Update)), released.ToHashSet());
        Gone(who, client);
    }

    private void Gone(int who, Client client)
    {
        Assert.Null(_table.Find(client.Session.Id));
        Assert.Equal(TimeSpan.Zero, _table.Grant(client.Session, _now, lease));
        _clients[who] = null;
    }

    private HashSet<UpdateId> LetGo(Client client, IEnumerable<UpdateId> updates)
    {
        var released = new HashSet<UpdateId>();
        foreach (var update in updates)
        {
            _held[update].Remove(client);
            if (_held[update].Count == 0)
            {
                released.Add(update);
            }
        }

        return released;
    }

    private sealed class Client(IssuedSession session)
    {
        public IssuedSession Session => session;

        public Moment Deadline { get; set; } = Moment.Past;

        public Dictionary<TagId, long> Interest { get; } = [];

        public List<(long Number, TagId Tag, UpdateId Update, Moment At, long Step)> Pushes { get; } = [];

        public long Number { get; set; }
    }
}
