using System.Globalization;
using System.IO.Compression;
using Microsoft.Data.Sqlite;

namespace OrleansTagCache.Samples.Cities.Database;

/// <summary>
/// Fills the database on the first start: one transaction, so that there is never half of it, and one prepared command. The version in the
/// file says whether it has been done; it is written in the same transaction.
/// </summary>
internal sealed partial class FirstFill(CityDatabase database, TimeProvider time, ILogger<FirstFill> logger)
{
    private const long FilledVersion = 1;

    private const string UnknownRegion = "00";

    // The world is summed up from the first index alone, a region's page is read from the second in order.
    private const string Schema = """
        drop table if exists city;
        drop table if exists country;
        create table country (code text primary key, name text not null) without rowid;
        create table city (
            id integer primary key, name text not null, country text not null, admin1 text not null, feature text not null,
            population integer not null, latitude real not null, longitude real not null);
        """;

    private const string Indexes = """
        create index city_by_country on city (country, population desc);
        create index city_by_region on city (country, admin1, population desc);
        analyze;
        """;

    public void FillIfEmpty()
    {
        using var connection = database.Open();
        connection.Execute("pragma journal_mode = wal");

        // The transaction takes the write lock at once: a second process that starts now waits, and then finds the work done.
        using var transaction = connection.BeginTransaction();
        if (connection.Rows("pragma user_version", row => row.GetInt64(0)).Single() == FilledVersion)
        {
            return;
        }

        var started = time.GetTimestamp();
        connection.Execute(Schema);
        InsertAll(connection, "countries.csv", "insert into country values ($1, $2)", static _ => { });
        var cities = InsertAll(connection, "cities.csv.gz", "insert into city values ($1, $2, $3, $4, $5, $6, $7, $8)", static fields =>
        {
            if (fields[3].Length == 0)
            {
                fields[3] = UnknownRegion;
            }
        });
        connection.Execute(Indexes);
        connection.Execute(string.Create(CultureInfo.InvariantCulture, $"pragma user_version = {FilledVersion}"));
        transaction.Commit();
        LogFilled(cities, time.GetElapsedTime(started).TotalSeconds);
    }

    /// <summary>Every line after the header; the columns' types turn the text into numbers.</summary>
    private static int InsertAll(SqliteConnection connection, string file, string sql, Action<string[]> correct)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        var parameters = Enumerable.Range(1, sql.Count(character => character == '$'))
            .Select(number => command.Parameters.Add(string.Create(CultureInfo.InvariantCulture, $"${number}"), SqliteType.Text)).ToArray();
        command.Prepare();

        using var reader = Read(file);
        reader.ReadLine();
        var count = 0;
        while (reader.ReadLine() is { } line)
        {
            var fields = CsvLine.Split(line, parameters.Length);
            correct(fields);
            for (var column = 0; column < fields.Length; column++)
            {
                parameters[column].Value = fields[column];
            }

            count += command.ExecuteNonQuery();
        }

        return count;
    }

    private static StreamReader Read(string file)
    {
        var stream = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "data", file));
        return new(file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Decompress) : stream);
    }

    [LoggerMessage(1, LogLevel.Information, "Filled the database with {Cities} cities in {Seconds:F1} s")]
    private partial void LogFilled(int cities, double seconds);
}
