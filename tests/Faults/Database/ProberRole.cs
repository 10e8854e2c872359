using Npgsql;
using OrleansTagCache.Faults.History;
using OrleansTagCache.Faults.Roles;

namespace OrleansTagCache.Faults.Database;

/// <summary>Reads all rows of the database itself, again and again without a pause, and publishes what it has seen: it had been committed, and no read that begins now may return less.</summary>
internal sealed class ProberRole(RoleContext role, CommitState commits)
{
    private readonly long[] _known = new long[DatabaseLayout.Rows];

    public static async Task Run(string[] args)
    {
        using var role = new RoleContext(RoleOptions.Read(args));
        using var commits = new CommitState(role.Options.CommitsPath);
        await Task.Run(new ProberRole(role, commits).Work);
    }

    /// <summary>Synchronously: nothing but the database is waited for.</summary>
    private void Work()
    {
        using var connection = new NpgsqlConnection($"{role.Options.Database};Application Name=prober");
        connection.Open();
        using var command = new NpgsqlCommand("""SELECT "Id", "Version" FROM "Rows" """, connection);
        command.Prepare();
        role.Ready();
        while (!role.State.IsOver)
        {
            Probe(command);
        }
    }

    private void Probe(NpgsqlCommand command)
    {
        var start = role.Time.GetTimestamp();
        using (var rows = command.ExecuteReader())
        {
            while (rows.Read())
            {
                Saw(rows.GetInt32(0), rows.GetInt64(1), start);
            }
        }

        commits.Count(role.Options.Slot, CommitCounter.Probes);
    }

    private void Saw(int row, long version, long start)
    {
        if (version <= _known[row])
        {
            return;
        }

        _known[row] = version;
        if (version > commits.FloorOf(row))
        {
            role.Log.Write(Operation.Change(OperationKind.Seen, OperationOutcome.Done, role.Options.Slot, row, tags: 0, version, start, role.Time.GetTimestamp()), flush: true);
            commits.Raise(row, version);
        }
    }
}
