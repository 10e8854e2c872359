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

    /// <summary>The port of Redis.</summary>
    public int Redis { get; set; }

    /// <summary>The HTTP ports of the silos.</summary>
    public string Http { get; set; } = string.Empty;

    /// <summary>How many loops read at once.</summary>
    public int Loops { get; set; } = 12;

    /// <summary>How many reads a loop begins each hundredth of a second.</summary>
    public int Burst { get; set; } = 8;

    /// <summary>The mean pause of an updater after an operation, in milliseconds.</summary>
    public int Pause { get; set; } = 60;

    /// <summary>A silo that believes itself alive whatever the membership table says: the harness must find it out.</summary>
    public bool WithoutLease { get; set; }

    /// <summary>Nobody calls SetAsync.</summary>
    public bool WithoutSets { get; set; }

    public string StatePath => Path.Combine(Folder, "state");

    public string LogPath => Path.Combine(Folder, $"{Slot}.operations");

    public string ViolationsPath => Path.Combine(Folder, $"{Slot}.violations");

    public static RoleOptions Read(string[] args) =>
        new ConfigurationBuilder().AddCommandLine(args).Build().GetSection("Faults").Get<RoleOptions>() ?? new();
}

/// <summary>What a role holds while it works.</summary>
internal sealed class RoleContext(RoleOptions options) : IDisposable
{
    public RoleOptions Options => options;

    public SharedState State { get; } = new(options.StatePath);

    public OperationLog Log { get; } = new(options.LogPath);

    public TimeProvider Time { get; } = TimeProvider.System;

    /// <summary>Says that the work has begun, and when, by the clock that all processes share.</summary>
    public void Ready()
    {
        State.SetCounter(options.Slot, Counter.StartedAt, Time.GetTimestamp());
        Console.WriteLine(RoleOptions.ReadyLine);
    }

    public void Dispose()
    {
        Log.Dispose();
        State.Dispose();
    }
}
