using System.Globalization;
using Npgsql;
using OrleansTagCache.Faults.Conductor;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>The database ends all connections of a writer, wherever its transaction is: of a commit that was sent it does not know whether it happened.</summary>
internal sealed class EndConnections : INemesis
{
    private const int LongestPauseMs = 200;

    public string Name => "connections of a writer ended";

    public async Task<int> Strike(TestCluster cluster, Random random)
    {
        await using var connection = new NpgsqlConnection($"{cluster.Database!.ConnectionString};Pooling=false");
        await connection.OpenAsync();
        await cluster.Pass(TimeSpan.FromMilliseconds(random.Next(LongestPauseMs)));
        await using var end = new NpgsqlCommand("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", connection);
        end.Parameters.Add(new NpgsqlParameter<string> { TypedValue = cluster.AnyWriter(random).ToString(CultureInfo.InvariantCulture) });
        await end.ExecuteNonQueryAsync();
        return 1;
    }
}
