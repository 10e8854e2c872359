using Npgsql;

namespace OrleansTagCache.Tests.EntityFrameworkCore;

/// <summary>Ends sessions of a database of PostgreSQL.</summary>
internal static class Cut
{
    public static async Task Sessions(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()", connection);
        await command.ExecuteNonQueryAsync();
    }
}
