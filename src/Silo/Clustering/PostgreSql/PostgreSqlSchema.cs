using System.Globalization;
using System.Text;
using Npgsql;
using OrleansTagCache.Silo.StartUp;

namespace OrleansTagCache.Silo.Clustering.PostgreSql;

/// <summary>
/// The tables that Orleans' providers need in PostgreSQL, and the queries that they look up there. The packages bring neither: they name what they look for, and the parameters that they pass.
/// A write of a membership row and the step of the table's version are one statement, so that of two silos that write at the same version one fails.
/// </summary>
internal static class PostgreSqlSchema
{
    /// <summary>Goes up whenever tables or queries change. A silo replaces an older one, and uses a newer one: what a later version changes must serve this one.</summary>
    private const int Version = 1;

    /// <summary>The row of the table of queries that holds the version, and says whose they are.</summary>
    private const string VersionKey = "TagCacheSchemaVersion";

    /// <summary>All silos that start at the same time use this one lock.</summary>
    private const long AdvisoryLock = 0x0C1A_57E6_CACE;

    /// <summary>In seconds: another silo may be making the tables.</summary>
    private const int LockTimeout = 60;

    private const string Tables = """
        CREATE TABLE IF NOT EXISTS OrleansQuery (
            QueryKey varchar(64) PRIMARY KEY,
            QueryText text NOT NULL
        );

        CREATE TABLE IF NOT EXISTS OrleansMembershipVersionTable (
            DeploymentId varchar(150) PRIMARY KEY,
            Version integer NOT NULL DEFAULT 0
        );

        CREATE TABLE IF NOT EXISTS OrleansMembershipTable (
            DeploymentId varchar(150) NOT NULL REFERENCES OrleansMembershipVersionTable (DeploymentId),
            Address varchar(45) NOT NULL,
            Port integer NOT NULL,
            Generation integer NOT NULL,
            SiloName varchar(150) NOT NULL,
            HostName varchar(150) NOT NULL,
            Status integer NOT NULL,
            ProxyPort integer,
            SuspectTimes text,
            StartTime timestamptz NOT NULL,
            IAmAliveTime timestamptz NOT NULL,
            PRIMARY KEY (DeploymentId, Address, Port, Generation)
        );

        CREATE TABLE IF NOT EXISTS OrleansRemindersTable (
            ServiceId varchar(150) NOT NULL,
            GrainId varchar(1500) NOT NULL,
            ReminderName varchar(150) NOT NULL,
            StartTime timestamptz NOT NULL,
            Period bigint NOT NULL,
            GrainHash integer NOT NULL,
            Version integer NOT NULL,
            PRIMARY KEY (ServiceId, GrainId, ReminderName)
        );

        CREATE INDEX IF NOT EXISTS OrleansRemindersByHash ON OrleansRemindersTable (ServiceId, GrainHash);

        CREATE TABLE IF NOT EXISTS OrleansStorage (
            ServiceId varchar(150) NOT NULL,
            GrainTypeHash integer NOT NULL,
            GrainTypeString varchar(512) NOT NULL,
            GrainIdHash integer NOT NULL,
            GrainIdN0 bigint NOT NULL,
            GrainIdN1 bigint NOT NULL,
            GrainIdExtensionString varchar(1500) NOT NULL,
            PayloadBinary bytea,
            ModifiedOn timestamptz NOT NULL,
            Version integer NOT NULL,
            PRIMARY KEY (ServiceId, GrainIdHash, GrainTypeHash, GrainIdN0, GrainIdN1, GrainIdExtensionString, GrainTypeString)
        );
        """;

    private const string Member = "m.DeploymentId = @DeploymentId AND m.Address = @Address AND m.Port = @Port AND m.Generation = @Generation";

    private const string MemberColumns =
        "v.DeploymentId, m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status, m.ProxyPort, m.SuspectTimes, m.StartTime, m.IAmAliveTime, v.Version";

    private const string ReminderColumns = "GrainId, ReminderName, StartTime, Period, Version";

    /// <summary>A grain whose identity is a text has no extension in the sense of Orleans' column: null, which no key holds.</summary>
    private const string State = """
        s.ServiceId = @ServiceId AND s.GrainIdHash = @GrainIdHash AND s.GrainTypeHash = @GrainTypeHash AND s.GrainIdN0 = @GrainIdN0 AND s.GrainIdN1 = @GrainIdN1
            AND s.GrainIdExtensionString = coalesce(@GrainIdExtensionString::text, '') AND s.GrainTypeString = @GrainTypeString
        """;

    /// <summary>Their names are those of Orleans 10.4.2, as their parameters are.</summary>
    private static readonly (string Key, string Text)[] Queries =
    [
        ("GatewaysQueryKey", "SELECT m.Address, m.ProxyPort, m.Generation FROM OrleansMembershipTable m WHERE m.DeploymentId = @DeploymentId AND m.Status = @Status AND m.ProxyPort > 0"),
        ("MembershipReadRowKey", $"SELECT {MemberColumns} FROM OrleansMembershipVersionTable v LEFT JOIN OrleansMembershipTable m ON {Member} WHERE v.DeploymentId = @DeploymentId"),
        ("MembershipReadAllKey", $"SELECT {MemberColumns} FROM OrleansMembershipVersionTable v LEFT JOIN OrleansMembershipTable m ON m.DeploymentId = v.DeploymentId WHERE v.DeploymentId = @DeploymentId"),
        ("InsertMembershipVersionKey", """
            WITH made AS (INSERT INTO OrleansMembershipVersionTable (DeploymentId) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
            SELECT EXISTS (SELECT 1 FROM made)
            """),
        ("UpdateIAmAlivetimeKey", $"UPDATE OrleansMembershipTable m SET IAmAliveTime = @IAmAliveTime WHERE {Member}"),
        ("InsertMembershipKey", $"""
            WITH stepped AS (
                UPDATE OrleansMembershipVersionTable v SET Version = v.Version + 1
                WHERE v.DeploymentId = @DeploymentId AND v.Version = @Version AND NOT EXISTS (SELECT 1 FROM OrleansMembershipTable m WHERE {Member})
                RETURNING v.DeploymentId),
            made AS (
                INSERT INTO OrleansMembershipTable (DeploymentId, Address, Port, Generation, SiloName, HostName, Status, ProxyPort, StartTime, IAmAliveTime)
                SELECT DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM stepped
                RETURNING 1)
            SELECT EXISTS (SELECT 1 FROM made)
            """),
        ("UpdateMembershipKey", $"""
            WITH stepped AS (
                UPDATE OrleansMembershipVersionTable v SET Version = v.Version + 1
                WHERE v.DeploymentId = @DeploymentId AND v.Version = @Version AND EXISTS (SELECT 1 FROM OrleansMembershipTable m WHERE {Member})
                RETURNING v.DeploymentId),
            changed AS (
                UPDATE OrleansMembershipTable m SET Status = @Status, SuspectTimes = @SuspectTimes::text, IAmAliveTime = @IAmAliveTime
                FROM stepped WHERE {Member}
                RETURNING 1)
            SELECT EXISTS (SELECT 1 FROM changed)
            """),
        ("DeleteMembershipTableEntriesKey", """
            DELETE FROM OrleansMembershipTable WHERE DeploymentId = @DeploymentId;
            DELETE FROM OrleansMembershipVersionTable WHERE DeploymentId = @DeploymentId
            """),

        // 6 is Dead: no other row may go, however old.
        ("CleanupDefunctSiloEntriesKey", "DELETE FROM OrleansMembershipTable WHERE DeploymentId = @DeploymentId AND Status = 6 AND IAmAliveTime < @IAmAliveTime"),
        ("CleanupDefunctSiloEntryKey", $"""
            DELETE FROM OrleansMembershipTable m
            WHERE {Member} AND m.Status = 6 AND m.StartTime = @StartTime AND m.IAmAliveTime = @IAmAliveTime AND m.SuspectTimes IS NOT DISTINCT FROM @SuspectTimes::text
            """),
        ("ReadReminderRowsKey", $"SELECT {ReminderColumns} FROM OrleansRemindersTable WHERE ServiceId = @ServiceId AND GrainId = @GrainId"),
        ("ReadReminderRowKey", $"SELECT {ReminderColumns} FROM OrleansRemindersTable WHERE ServiceId = @ServiceId AND GrainId = @GrainId AND ReminderName = @ReminderName"),
        ("ReadRangeRows1Key", $"SELECT {ReminderColumns} FROM OrleansRemindersTable WHERE ServiceId = @ServiceId AND GrainHash > @BeginHash AND GrainHash <= @EndHash"),
        ("ReadRangeRows2Key", $"SELECT {ReminderColumns} FROM OrleansRemindersTable WHERE ServiceId = @ServiceId AND (GrainHash > @BeginHash OR GrainHash <= @EndHash)"),
        ("UpsertReminderRowKey", """
            INSERT INTO OrleansRemindersTable AS r (ServiceId, GrainId, ReminderName, StartTime, Period, GrainHash, Version)
            VALUES (@ServiceId, @GrainId, @ReminderName, @StartTime, @Period, @GrainHash, 0)
            ON CONFLICT (ServiceId, GrainId, ReminderName)
            DO UPDATE SET StartTime = excluded.StartTime, Period = excluded.Period, GrainHash = excluded.GrainHash, Version = r.Version + 1
            RETURNING Version
            """),
        ("DeleteReminderRowKey", """
            WITH gone AS (
                DELETE FROM OrleansRemindersTable WHERE ServiceId = @ServiceId AND GrainId = @GrainId AND ReminderName = @ReminderName AND Version = @Version
                RETURNING 1)
            SELECT EXISTS (SELECT 1 FROM gone)
            """),
        ("DeleteReminderRowsKey", "DELETE FROM OrleansRemindersTable WHERE ServiceId = @ServiceId"),
        ("ReadFromStorageKey", $"SELECT s.PayloadBinary, s.ModifiedOn, s.Version FROM OrleansStorage s WHERE {State}"),

        // The version that is there already says to the provider that its write has failed. The first one is random: what was deleted and made anew must not look like what it was.
        ("WriteToStorageKey", $"""
            WITH changed AS (
                UPDATE OrleansStorage s SET PayloadBinary = @PayloadBinary, ModifiedOn = now(), Version = s.Version + 1
                WHERE {State} AND s.Version = @GrainStateVersion::integer
                RETURNING s.Version),
            made AS (
                INSERT INTO OrleansStorage (ServiceId, GrainTypeHash, GrainTypeString, GrainIdHash, GrainIdN0, GrainIdN1, GrainIdExtensionString, PayloadBinary, ModifiedOn, Version)
                SELECT @ServiceId, @GrainTypeHash, @GrainTypeString, @GrainIdHash, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString::text, ''), @PayloadBinary, now(), 1 + (random() * 1000000000)::integer
                WHERE @GrainStateVersion::integer IS NULL
                ON CONFLICT DO NOTHING
                RETURNING Version)
            SELECT coalesce((SELECT Version FROM changed), (SELECT Version FROM made), @GrainStateVersion::integer) AS NewGrainStateVersion
            """),
        ("ClearStorageKey", $"""
            WITH changed AS (
                UPDATE OrleansStorage s SET PayloadBinary = NULL, ModifiedOn = now(), Version = s.Version + 1
                WHERE {State} AND s.Version = @GrainStateVersion::integer
                RETURNING s.Version)
            SELECT coalesce((SELECT Version FROM changed), @GrainStateVersion::integer) AS NewGrainStateVersion
            """),
        ("DeleteStorageKey", $"""
            WITH gone AS (
                DELETE FROM OrleansStorage s WHERE {State} AND s.Version = @GrainStateVersion::integer
                RETURNING s.Version + 1 AS Version)
            SELECT coalesce((SELECT Version FROM gone), @GrainStateVersion::integer) AS NewGrainStateVersion
            """),
    ];

    private static readonly string[] TableNames = ["OrleansMembershipVersionTable", "OrleansMembershipTable", "OrleansRemindersTable", "OrleansStorage"];

    private static readonly string MayUse = "SELECT " + string.Join(
        " AND ", TableNames.SelectMany(static table => new[] { "SELECT", "INSERT", "UPDATE", "DELETE" }.Select(right => $"has_table_privilege('{table}', '{right}')")));

    /// <summary>Everything, for a user of the database who may create tables. Doing it again changes nothing.</summary>
    /// <param name="role">The user that the silos connect as: is granted what they need, and no more. Null where that is the owner of the tables.</param>
    public static string Script(string? role)
    {
        var script = new StringBuilder(Tables).AppendLine().AppendLine();
        foreach (var (key, text) in Queries)
        {
            script.AppendLine($"INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('{key}', $query$").Append(text)
                .AppendLine("$query$) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;").AppendLine();
        }

        script.AppendLine(CultureInfo.InvariantCulture, $"INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('{VersionKey}', '{Version}') ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;").AppendLine();
        if (role is not null)
        {
            var name = $"\"{role.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
            script.AppendLine($"DO $grant$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO {name.Replace("'", "''", StringComparison.Ordinal).Replace("%", "%%", StringComparison.Ordinal)}', current_schema()); END $grant$;");
            script.AppendLine($"GRANT SELECT ON OrleansQuery TO {name};");
            script.AppendLine($"GRANT SELECT, INSERT, UPDATE, DELETE ON {string.Join(", ", TableNames)} TO {name};");
        }

        return script.ToString();
    }

    /// <summary>Makes what is not there, or is of an older version. A user who may only read and write is enough where everything is there.</summary>
    /// <exception cref="StartUpFault">The database is not one for silos.</exception>
    /// <exception cref="NpgsqlException">It cannot be reached, or its user may not do that.</exception>
    public static async Task Ensure(NpgsqlDataSource database)
    {
        await using var connection = await database.OpenConnectionAsync();
        if (await Scalar(connection, "SHOW server_encoding") is not "UTF8" and var encoding)
        {
            throw new StartUpFault($"The database's encoding is {encoding}, and keys and tags may hold any character. Make one with: createdb -E UTF8 -T template0");
        }

        if (await VersionOf(connection) < Version)
        {
            await using var transaction = await connection.BeginTransactionAsync();
            await Scalar(connection, $"SELECT pg_advisory_xact_lock({AdvisoryLock})", LockTimeout);

            // Another silo may have made it while this one waited.
            if (await VersionOf(connection) < Version)
            {
                await Scalar(connection, Script(role: null));
            }

            await transaction.CommitAsync();
        }

        if (await Scalar(connection, MayUse) is not true)
        {
            throw new StartUpFault("The user of TagCache:Clustering:ConnectionString may not read and write all tables. Grant it what 'schema print --role' says.");
        }
    }

    /// <summary>0 if there is nothing.</summary>
    private static async Task<int> VersionOf(NpgsqlConnection connection)
    {
        if (await Scalar(connection, "SELECT to_regclass('OrleansQuery') IS NOT NULL") is not true)
        {
            return 0;
        }

        if (await Scalar(connection, $"SELECT QueryText FROM OrleansQuery WHERE QueryKey = '{VersionKey}'") is string version)
        {
            return int.Parse(version, CultureInfo.InvariantCulture);
        }

        return await Scalar(connection, "SELECT EXISTS (SELECT 1 FROM OrleansQuery)") is true
            ? throw new StartUpFault("The database of TagCache:Clustering:ConnectionString has tables of another Orleans application. Use a database of its own, or a schema of its own (Search Path).")
            : 0;
    }

    private static async Task<object?> Scalar(NpgsqlConnection connection, string text, int? timeout = null)
    {
        await using var command = new NpgsqlCommand(text, connection);
        command.CommandTimeout = timeout ?? command.CommandTimeout;
        return await command.ExecuteScalarAsync();
    }
}
