namespace OrleansTagCache.Faults.Conductor;

/// <summary>What the silos keep their membership in; the names are those of the setting <c>TagCache:Clustering:Provider</c>.</summary>
internal enum StoreKind
{
    Redis,
    PostgreSql,
}

/// <summary>A server of the run's own that keeps the membership of the cluster.</summary>
internal abstract class Store : IAsyncDisposable
{
    public abstract string ConnectionString { get; }

    /// <summary>What <see cref="Start"/> has started so far.</summary>
    protected Child? Server { get; set; }

    /// <param name="kind">Which of them.</param>
    /// <param name="port">A free port.</param>
    /// <param name="folder">Where it may keep files.</param>
    public static Store Of(StoreKind kind, int port, string folder) => kind == StoreKind.PostgreSql ? new PostgreSqlServer(port, folder) : new RedisServer(port, folder);

    /// <summary>Starts it, and waits until it answers.</summary>
    public abstract Task Start();

    /// <summary>Stops it where it stands.</summary>
    public virtual void Freeze() => Server!.Signal(Signals.Stop);

    public virtual void Thaw() => Server!.Signal(Signals.Continue);

    public virtual void Kill() => Server?.Signal(Signals.Kill);

    public virtual async ValueTask DisposeAsync()
    {
        if (Server is { } server)
        {
            await server.DisposeAsync();
        }
    }
}

/// <summary>Redis, without a disk.</summary>
internal sealed class RedisServer(int port, string folder) : Store
{
    public override string ConnectionString => $"127.0.0.1:{port}";

    public override Task Start()
    {
        Server = Child.Start(
            "redis-server",
            ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            "Ready to accept connections",
            Path.Combine(folder, "redis.log"));
        return Server.Ready.WaitAsync(TestCluster.Patience, TimeProvider.System);
    }
}
