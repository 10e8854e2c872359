using Microsoft.Data.Sqlite;

namespace OrleansTagCache.Samples.Cities.Database;

/// <summary>Queries in one line: statement, what to make of a row, parameters.</summary>
internal static class SqliteRows
{
    public static List<T> Rows<T>(
        this SqliteConnection connection, string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    public static void Execute(this SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>A count and the sum of populations beside it.</summary>
    public static Totals TotalsAt(this SqliteDataReader row, int column) => new(row.GetInt64(column), row.GetInt64(column + 1));
}
