using OrleansTagCache.Faults.Conductor;
using OrleansTagCache.Faults.History;
using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Roles;

/// <summary>What every role is told on its command line.</summary>
internal sealed class RoleOptions
{
    public const string ReadyLine = "The role is ready.";

    /// <summary>The folder of the run: the shared memory and the logs.</summary>
    public string Folder { get; set; } = string.Empty;

    /// <summary>Which process this is.</summary>
    public int Slot { get; set; }

    public int Seed { get; set; }

    /// <summary>What keeps the membership of the cluster.</summary>
    public StoreKind Store { get; set; }

    public string ConnectionString { get; set; } = string.Empty;

    /// <summary>The HTTP ports of the silos.</summary>
    public string Http { get; set; } = string.Empty;

    /// <summary>The port of the origin: the source over HTTP.</summary>
    public int Origin { get; set; }

    /// <summary>The HTTP ports of the application processes.</summary>
    public string Web { get; set; } = string.Empty;

    /// <summary>The slot of the first application process.</summary>
    public int FirstClient { get; set; }

    /// <summary>What is read and changed.</summary>
    public string Load { get; set; } = Workload.Load.Mix;

    /// <summary>How many entries a loop begins to read each hundredth of a second.</summary>
    public int Burst { get; set; } = 8;

    /// <summary>So many times as long is the time from one read of a loop to the next.</summary>
    public int Ease { get; set; } = 1;

    /// <summary>The mean pause of an updater after an operation, in milliseconds.</summary>
    public int Pause { get; set; } = 60;

    /// <summary>A silo that believes itself alive whatever the membership table says: the harness must find it out.</summary>
    public bool WithoutLease { get; set; }

    /// <summary>Nobody calls SetAsync.</summary>
    public bool WithoutSets { get; set; }

    /// <summary>Nobody updates all of several tags: there are processes that do not know it.</summary>
    public bool WithoutMatches { get; set; }

    /// <summary>The database that is the source, if one is.</summary>
    public string Database { get; set; } = string.Empty;

    /// <summary>How writers of a database tell the cache of a transaction.</summary>
    public Database.Telling Telling { get; set; }

    /// <summary>Whether writers that hold read through the cache within their transactions.</summary>
    public bool OwnReads { get; set; }

    /// <summary>The slot of the first writer of a database.</summary>
    public int FirstWriter { get; set; }

    public string StatePath => Path.Combine(Folder, "state");

    public string CommitsPath => Path.Combine(Folder, "commits");

    public string LogPath => Path.Combine(Folder, $"{Slot}.operations");

    public string ViolationsPath => Path.Combine(Folder, $"{Slot}.violations");

    public static RoleOptions Read(string[] args) =>
        new ConfigurationBuilder().AddCommandLine(args).Build().GetSection("Faults").Get<RoleOptions>() ?? new();
}

/// <summary>An application process, and where it listens.</summary>
internal sealed record Node(int Slot, Uri Address);

/// <summary>What a role holds while it works.</summary>
internal sealed class RoleContext(RoleOptions options) : IDisposable
{
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(100);

    public RoleOptions Options => options;

    public SharedState State { get; } = new(options.StatePath);

    public OperationLog Log { get; } = new(options.LogPath);

    public TimeProvider Time { get; } = TimeProvider.System;

    public Load Load { get; } = Load.Of(options.Load);

    /// <summary>The application processes that read and are read from.</summary>
    public IReadOnlyList<Node> Nodes { get; } =
        [.. options.Web.Split(',').Select((port, i) => new Node(options.FirstClient + i, AddressOf(port))).Take(Load.Of(options.Load).Nodes)];

    /// <summary>This process, if it is an application's.</summary>
    public Node Own { get; } = new(options.Slot, AddressOf(options.Web.Split(',').ElementAtOrDefault(options.Slot - options.FirstClient) ?? "0"));

    /// <summary>Says that the work has begun, and when, by the clock that all processes share.</summary>
    public void Ready()
    {
        State.SetCounter(options.Slot, Counter.StartedAt, Time.GetTimestamp());
        Console.WriteLine(RoleOptions.ReadyLine);
    }

    /// <summary>Waits until all processes are to end their work.</summary>
    public async Task WhenOver()
    {
        using var timer = new PeriodicTimer(LookPeriod, Time);
        while (!State.IsOver)
        {
            await timer.WaitForNextTickAsync();
        }
    }

    private static Uri AddressOf(string port) => new($"http://127.0.0.1:{port}");

    public void Dispose()
    {
        Log.Dispose();
        State.Dispose();
    }
}
