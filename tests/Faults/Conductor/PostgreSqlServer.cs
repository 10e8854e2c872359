using System.Globalization;

namespace OrleansTagCache.Faults.Conductor;

/// <summary>PostgreSQL with a data folder of its own. It is several processes: one that listens, and one for each connection.</summary>
internal sealed class PostgreSqlServer(int port, string folder) : Store
{
    private const string User = "tagcache";

    private readonly string _data = Path.Combine(folder, "postgresql");
    private readonly string _log = Path.Combine(folder, "postgresql.log");

    public override string ConnectionString => $"Host=127.0.0.1;Port={port};Database=postgres;Username={User}";

    public override async Task Start()
    {
        Directory.CreateDirectory(_data);
        if (Environment.UserName == "root")
        {
            await RunToEnd("chown", ["postgres:postgres", _data]);
        }

        await RunToEnd(Command("initdb", ["--pgdata", _data, "--username", User, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"]));
        var (program, arguments) = Command("postgres", ["-D", _data, "-p", $"{port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"]);
        Server = Child.Start(program, arguments, "database system is ready to accept connections", _log);
        await Server.Ready.WaitAsync(TestCluster.Patience, TimeProvider.System);
    }

    /// <summary>The one that listens comes first, so that it starts none meanwhile.</summary>
    public override void Freeze()
    {
        base.Freeze();
        SignalConnections(Signals.Stop);
    }

    public override void Thaw()
    {
        SignalConnections(Signals.Continue);
        base.Thaw();
    }

    /// <summary>Those that were stopped do not see that the one that listens has gone.</summary>
    public override void Kill()
    {
        if (Server is not null)
        {
            SignalConnections(Signals.Kill);
        }

        base.Kill();
    }

    /// <summary>In order, so that its shared memory goes with it, and without waiting for its clients.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (Server is { HasExited: false } server)
        {
            Thaw();
            server.Signal(Signals.Interrupt);
            await server.WhenExited();
        }

        await base.DisposeAsync();
    }

    /// <summary>The server refuses to run as root.</summary>
    private static (string Program, string[] Arguments) Command(string name, string[] arguments)
    {
        var program = Path.Combine(Programs(), name);
        return Environment.UserName == "root" ? ("setpriv", ["--reuid", "postgres", "--regid", "postgres", "--clear-groups", program, .. arguments]) : (program, arguments);
    }

    /// <summary>Debian puts them beside the path, one version in each folder.</summary>
    private static string Programs() => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator)
        .Concat(Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin")) : [])
        .FirstOrDefault(each => File.Exists(Path.Combine(each, "initdb")))
        ?? throw new InvalidOperationException("There is no PostgreSQL on this machine. Install it: apt-get install postgresql");

    private Task RunToEnd((string Program, string[] Arguments) command) => RunToEnd(command.Program, command.Arguments);

    private async Task RunToEnd(string program, string[] arguments)
    {
        var start = new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        using var process = System.Diagnostics.Process.Start(start)!;
        await File.AppendAllTextAsync(_log, await process.StandardOutput.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} has failed; see {_log}");
        }
    }

    private void SignalConnections(int signal)
    {
        foreach (var process in ChildrenOf(Server!.Id))
        {
            Signals.Send(process, signal);
        }
    }

    private static List<int> ChildrenOf(int parent) =>
        [.. Directory.GetDirectories("/proc").Select(Path.GetFileName).Select(name => int.TryParse(name, CultureInfo.InvariantCulture, out var id) ? id : 0).Where(id => id > 0 && ParentOf(id) == parent)];

    /// <summary>0 if the process has ended meanwhile.</summary>
    private static int ParentOf(int process)
    {
        try
        {
            // The second field is a name in parentheses, which may hold anything; after it come the state and the parent.
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
