using System.Collections.Concurrent;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>A cluster in which the client offers one loader, every silo another, and nobody a third.</summary>
public sealed class LoaderCluster : TagCacheCluster
{
    public const int MaximumLoads = 4;

    /// <summary>A value that its loader does not want stored.</summary>
    public const string Unstored = "unstored";

    private readonly ConcurrentDictionary<string, int> _runs = [];
    private int _running;

    /// <summary>What the loaders read from.</summary>
    public ConcurrentDictionary<string, string> Source { get; } = [];

    /// <summary>Set to have every load wait.</summary>
    public TaskCompletionSource? Held { get; set; }

    /// <summary>Loads of these arguments wait, each for its own.</summary>
    public ConcurrentDictionary<string, TaskCompletionSource> HeldArguments { get; } = [];

    /// <summary>Set to have every load throw.</summary>
    public bool Fails { get; set; }

    /// <summary>The most loads that ran at a time.</summary>
    public int MostRunning { get; private set; }

    /// <summary>Set at every load that begins.</summary>
    internal Signal Loads { get; } = new();

    public int RunsOf(string argument) => _runs.GetValueOrDefault(argument);

    public async ValueTask<string> Load(CacheContext context, string argument, CancellationToken cancellationToken)
    {
        // Before it counts: whoever waits for the count changes the source next.
        var value = Source.GetValueOrDefault(argument, "none");
        _runs.AddOrUpdate(argument, 1, (_, runs) => runs + 1);
        lock (_runs)
        {
            MostRunning = Math.Max(MostRunning, ++_running);
        }

        Loads.Set();

        try
        {
            context.Tag($"of:{argument.Split('/')[0]}", $"item:{argument}");
            if (value == Unstored)
            {
                context.DoNotStore();
            }

            if (Held is { } held)
            {
                await held.Task.WaitAsync(cancellationToken).Soon();
            }

            if (HeldArguments.TryGetValue(argument, out var own))
            {
                await own.Task.WaitAsync(cancellationToken).Soon();
            }

            return Fails ? throw new InvalidOperationException("The source is down.") : value;
        }
        finally
        {
            lock (_runs)
            {
                _running--;
            }
        }
    }

    protected override void Configure(TagCacheOptions options)
    {
        options.MaximumLoads = MaximumLoads;
        options.RefreshReminderPeriod = TimeSpan.FromSeconds(1);
    }

    protected override void ConfigureSilo(ISiloBuilder silo) => silo.AddLoader<string>("silo", Load, new() { Life = CacheLife.Max });

    protected override void ConfigureClient(IClientBuilder client) => client.AddLoader<string>("client", Load, new() { Life = CacheLife.Max });
}

[CollectionDefinition(Name)]
public sealed class LoaderCollection : ICollectionFixture<LoaderCluster>
{
    public const string Name = "loaders";
}
