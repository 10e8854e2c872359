using OrleansTagCache.Coherence;

namespace OrleansTagCache.Simulation.Engine;

/// <summary>The membership table: linearizable, and reached through the network like everything else. A dead row never revives.</summary>
internal sealed class MembershipStore(World world) : Node(world, "T")
{
    private readonly Dictionary<int, RowStatus> _rows = [];

    public long Version { get; private set; }

    public RowStatus? StatusOf(int silo) => _rows.TryGetValue(silo, out var status) ? status : null;

    public KeyValuePair<int, RowStatus>[] Rows => [.. _rows];

    public void Write(int silo, RowStatus status)
    {
        if (StatusOf(silo) != RowStatus.Dead)
        {
            _rows[silo] = status;
            Version++;
        }
    }
}
