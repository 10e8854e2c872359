using System.Diagnostics;
using Npgsql;

namespace OrleansTagCache.Testing;

/// <summary>A PostgreSQL server of a test's own, on loopback, with passwords: an owner, and a user that may do nothing until it is granted something.</summary>
internal sealed class PostgreSqlServer : IAsyncDisposable
{
    public const string User = "silos";
    public const string Password = "not-to-be-logged";

    private const string Owner = "owner";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("postgresql");
    private readonly int _port = FreePorts.Take(1)[0];
    private ChildProcess? _process;

    private PostgreSqlServer()
    {
    }

    /// <summary>Of the owner, who may create tables.</summary>
    public string ConnectionString => Of(Owner, Password);

    /// <summary>Of the user who may not.</summary>
    public string ConnectionStringOfUser => Of(User, Password);

    public static async Task<PostgreSqlServer> Start()
    {
        var server = new PostgreSqlServer();
        try
        {
            await server.Initialize();
            await server.Run();
            await server.Execute("postgres", "CREATE DATABASE tagcache");
            await server.Execute("tagcache", $"CREATE ROLE {User} LOGIN PASSWORD '{Password}'");
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public string Of(string user, string password, string database = "tagcache") => $"Host=127.0.0.1;Port={_port};Database={database};Username={user};Password={password}";

    /// <summary>As the owner.</summary>
    public Task Execute(string sql) => Execute("tagcache", sql);

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (_process is { } process)
        {
            // In order, so that its shared memory goes with it, and without waiting for its clients.
            await process.Stop(TimeSpan.FromMinutes(1), "INT");
            await process.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    private async Task Initialize()
    {
        var password = Path.Combine(_folder.FullName, "password");
        await File.WriteAllTextAsync(password, Password);
        if (Environment.UserName == "root")
        {
            using var owned = Process.Start("chown", ["-R", "postgres:postgres", _folder.FullName]);
            await owned.WaitForExitAsync();
        }

        var (program, arguments) = Command("initdb", ["--pgdata", Data, "--username", Owner, "--pwfile", password, "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"]);
        await using var made = await ChildProcess.Start(program, arguments, "The files belonging to this database system");
        if (await made.WhenExited(TimeSpan.FromMinutes(1)) != 0)
        {
            throw new InvalidOperationException($"initdb has failed:\n{made.Output}");
        }
    }

    private async Task Run()
    {
        var (program, arguments) = Command("postgres", ["-D", Data, "-p", $"{_port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"]);
        _process = await ChildProcess.Start(program, arguments, "database system is ready to accept connections");
    }

    private string Data => Path.Combine(_folder.FullName, "data");

    /// <summary>The server refuses to run as root.</summary>
    private static (string Program, string[] Arguments) Command(string name, string[] arguments)
    {
        var program = Path.Combine(Programs.PostgreSql!, name);
        return Environment.UserName == "root" ? ("setpriv", ["--reuid", "postgres", "--regid", "postgres", "--clear-groups", program, .. arguments]) : (program, arguments);
    }

    private async Task Execute(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(Of(Owner, Password, database));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
