using Npgsql;
using OrleansTagCache.Silo.Clustering.PostgreSql;
using OrleansTagCache.Silo.StartUp;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>What a silo does with its database before it starts: tables, rights, and words for what is wrong.</summary>
public sealed class PostgreSqlTests
{
    [PostgreSqlFact]
    public async Task Connect_ManyAtATime_MakesTheTablesOnce()
    {
        await using var server = await PostgreSqlServer.Start();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Connect(server.ConnectionString))));

        // What is there is left alone: another's query of the same name would be replaced.
        var store = await Connect(server.ConnectionString);
        Assert.Matches("^PostgreSQL at 127.0.0.1:[0-9]+, database tagcache$", store.Place);
    }

    /// <summary>Another version's queries are under the same names: older ones are replaced, and newer ones serve.</summary>
    [PostgreSqlTheory]
    [InlineData(0, true)]
    [InlineData(99, false)]
    public async Task Connect_WithAnotherVersionsQueries_ReplacesOlderOnes(int version, bool isReplaced)
    {
        await using var server = await PostgreSqlServer.Start();
        await Connect(server.ConnectionString);
        await server.Execute($"UPDATE OrleansQuery SET QueryText = CASE QueryKey WHEN 'TagCacheSchemaVersion' THEN '{version}' ELSE 'SELECT 1' END");
        await Connect(server.ConnectionString);
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT count(*) FROM OrleansQuery WHERE QueryText = 'SELECT 1'", connection);
        Assert.Equal(isReplaced, (long?)await command.ExecuteScalarAsync() == 0);
    }

    [PostgreSqlFact]
    public async Task Connect_ToAnotherApplicationsTables_LeavesThemAlone()
    {
        await using var server = await PostgreSqlServer.Start();
        await server.Execute("CREATE TABLE OrleansQuery (QueryKey text PRIMARY KEY, QueryText text); INSERT INTO OrleansQuery VALUES ('ReadFromStorageKey', 'SELECT 1')");
        var fault = await Assert.ThrowsAsync<StartUpFault>(() => Connect(server.ConnectionString));
        Assert.Contains("tables of another Orleans application", Assert.Single(fault.Faults), StringComparison.Ordinal);
    }

    /// <summary>A silo that has no right to write would end later, or never renew its lease.</summary>
    [PostgreSqlFact]
    public async Task Connect_AsAUserWhoMayOnlyRead_SaysSo()
    {
        await using var server = await PostgreSqlServer.Start();
        await Connect(server.ConnectionString);
        await server.Execute($"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {PostgreSqlServer.User}");
        var fault = await Assert.ThrowsAsync<StartUpFault>(() => Connect(server.ConnectionStringOfUser));
        Assert.Contains("may not read and write", Assert.Single(fault.Faults), StringComparison.Ordinal);
    }

    /// <summary>The silos' user may not create tables: another one does what <c>schema print</c> writes.</summary>
    [PostgreSqlFact]
    public async Task Connect_AsAUserWhoMayNotCreateTables_WorksAfterSchemaPrint()
    {
        await using var server = await PostgreSqlServer.Start();
        var fault = await Assert.ThrowsAsync<StartUpFault>(() => Connect(server.ConnectionStringOfUser));
        Assert.Contains("'schema print'", Assert.Single(fault.Faults), StringComparison.Ordinal);

        var script = new StringWriter();
        SchemaCommand.Run(["schema", "print", "--role", PostgreSqlServer.User], script);
        await server.Execute(script.ToString());

        // Once more changes nothing.
        await server.Execute(script.ToString());
        await Connect(server.ConnectionStringOfUser);
    }

    [PostgreSqlFact]
    public async Task Connect_ToWhatCannotBeUsed_SaysWhat_AndKeepsThePassword()
    {
        await using var server = await PostgreSqlServer.Start();
        var wrong = await FaultOf(server.Of(PostgreSqlServer.User, "hunter2"));
        Assert.StartsWith("PostgreSQL refuses the user or the password of TagCache:Clustering:ConnectionString", wrong, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", wrong, StringComparison.Ordinal);

        var missing = await FaultOf(server.Of(PostgreSqlServer.User, PostgreSqlServer.Password, "elsewhere"));
        Assert.StartsWith("The database of TagCache:Clustering:ConnectionString does not exist", missing, StringComparison.Ordinal);

        var away = await FaultOf($"Host=127.0.0.1;Port={FreePorts.Take(1)[0]};Username=x;Password=hunter2");
        Assert.Equal("The PostgreSQL of TagCache:Clustering:ConnectionString cannot be reached. Check that it is running and that the address is right.", away);

        var several = await FaultOf("Host=127.0.0.1,127.0.0.2;Username=x;Password=hunter2");
        Assert.StartsWith("TagCache:Clustering:ConnectionString must name one server", several, StringComparison.Ordinal);

        var unread = await FaultOf("Host=127.0.0.1;Pasword=hunter2");
        Assert.StartsWith("TagCache:Clustering:ConnectionString is not a connection string of PostgreSQL", unread, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", unread, StringComparison.Ordinal);

        async Task<string> FaultOf(string connection) => Assert.Single((await Assert.ThrowsAsync<StartUpFault>(() => Connect(connection))).Faults);
    }

    /// <summary>Else a silo would wait for tables that only one which starts makes.</summary>
    [PostgreSqlFact]
    public async Task Loss_OfTheTables_IsToldFromADatabaseThatIsAway()
    {
        await using var server = await PostgreSqlServer.Start();
        var store = await Connect(server.ConnectionString);
        await server.Execute("DROP TABLE OrleansMembershipTable, OrleansMembershipVersionTable");
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT * FROM OrleansMembershipTable", connection);

        var lost = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteScalarAsync());
        Assert.True(store.IsMeantBy(lost));
        Assert.False(store.IsMeantBy(new NpgsqlException("It is away.")));
    }

    [PostgreSqlFact]
    public async Task Connect_WithAPasswordFile_TakesItFromThere()
    {
        await using var server = await PostgreSqlServer.Start();
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, PostgreSqlServer.Password + "\n");
            await Connect(server.ConnectionString.Replace($"Password={PostgreSqlServer.Password}", "Password=old", StringComparison.Ordinal), file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("schema")]
    [InlineData("schema", "drop")]
    [InlineData("schema", "print", "--role")]
    public void Run_WithOtherWords_SaysHow(params string[] args) =>
        Assert.StartsWith("Usage:", Assert.Single(Assert.Throws<StartUpFault>(() => SchemaCommand.Run(args, TextWriter.Null)).Faults), StringComparison.Ordinal);

    /// <summary>A name is quoted, whatever is in it.</summary>
    [Fact]
    public void Script_ForARole_QuotesItsName() => Assert.EndsWith("TO \"a\"\"b\";\n", PostgreSqlSchema.Script("a\"b").ReplaceLineEndings("\n"), StringComparison.Ordinal);

    private static Task<PostgreSqlStore> Connect(string connection, string? passwordFile = null) => PostgreSqlStore.Connect(new() { ConnectionString = connection, PasswordFile = passwordFile });
}
