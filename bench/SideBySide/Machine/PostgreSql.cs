using System.Diagnostics;

namespace OrleansTagCache.Bench.SideBySide.Machine;

/// <summary>A PostgreSQL server with its default settings, on loopback, that trusts everyone.</summary>
internal sealed class PostgreSql : IAsyncDisposable
{
    private const string Programs = "/usr/lib/postgresql";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("postgresql");
    private readonly int _port = FreePorts.Take(1)[0];
    private ChildProcess? _process;

    private PostgreSql()
    {
    }

    public string ConnectionString => $"Host=127.0.0.1;Port={_port};Database=postgres;Username=postgres";

    public static async Task<PostgreSql> Start()
    {
        var server = new PostgreSql();
        try
        {
            if (Environment.UserName == "root")
            {
                // The server refuses to run as root.
                using var owned = Process.Start("chown", ["postgres:postgres", server._folder.FullName]);
                await owned.WaitForExitAsync();
            }

            await using (await Run("initdb", ["--pgdata", server.Data, "--username", "postgres", "--auth", "trust"], "Success"))
            {
            }

            server._process = await Run(
                "postgres", ["-D", server.Data, "-p", $"{server._port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="], "database system is ready to accept connections");
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            await process.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    private string Data => Path.Combine(_folder.FullName, "data");

    private static Task<ChildProcess> Run(string program, string[] arguments, string readyWhen)
    {
        var newest = Directory.GetDirectories(Programs).OrderBy(version => int.Parse(Path.GetFileName(version), System.Globalization.CultureInfo.InvariantCulture)).Last();
        var path = Path.Combine(newest, "bin", program);
        return Environment.UserName == "root"
            ? ChildProcess.Start("setpriv", ["--reuid", "postgres", "--regid", "postgres", "--clear-groups", path, .. arguments], readyWhen)
            : ChildProcess.Start(path, arguments, readyWhen);
    }
}
