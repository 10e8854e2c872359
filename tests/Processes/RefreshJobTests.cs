using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Processes;

/// <summary>
/// A tag with very many dependents that a loader made is revalidated, and silos are killed half-way: all of them are refreshed without a
/// reader, none of them loaded more than twice but for loads that a silo says were lost.
/// </summary>
public sealed partial class RefreshJobTests
{
    private const int Count = 20_000;
    private const int Silos = 3;
    private const int MaximumLoads = 8;

    /// <summary>Once before the crash and once after it; and once more for each load after it that a silo says was lost.</summary>
    private const int MostLoadsAfterACrash = 2;

    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(15);

    private static readonly ParallelOptions Many = new() { MaxDegreeOfParallelism = 64 };

    private readonly int[] _loads = new int[Count];
    private readonly TaskCompletionSource _halfWay = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _refreshed;
    private int _version = 1;
    private int _running;
    private int _mostRunning;

    /// <summary>Once, and once more for each load that a silo says was lost: where the processor is wanted by many, calls and leases run out. No key is stored twice.</summary>
    [RedisFact]
    public async Task RevalidateTag_WithoutFaults_LoadsEachOnce() => await Run(
        (_, _, _) => Task.CompletedTask,
        mostLoads: 1,
        check: (stored, lost) =>
        {
            Assert.InRange(lost, 0, Count / 100);
            Assert.InRange(stored, Count - lost, Count);
        });

    [RedisFact]
    public async Task RevalidateTag_WhoseCoordinatorIsKilledHalfWay_IsFinished() => await Run(
        async (_, cluster, client) =>
        {
            var job = await client.GetGrain<IManagementGrain>(0).GetActivationAddress(Job(client));
            await cluster.Kill(cluster.SiloOn(job!.Endpoint.Port));
        },
        MostLoadsAfterACrash);

    [RedisFact]
    public async Task RevalidateTag_WhoseClusterIsKilledHalfWayAndStartedAgain_IsFinished() => await Run(
        async (_, cluster, _) =>
        {
            await Task.WhenAll(Enumerable.Range(0, Silos).Select(silo => cluster.Kill(silo).AsTask()));
            await Task.WhenAll(Enumerable.Range(0, Silos).Select(cluster.Restart));
        },
        MostLoadsAfterACrash);

    [PostgreSqlFact]
    public async Task RevalidateTag_OnPostgreSql_WhoseClusterIsKilledHalfWayAndStartedAgain_IsFinished() => await Run(
        async (_, cluster, _) =>
        {
            await Task.WhenAll(Enumerable.Range(0, Silos).Select(silo => cluster.Kill(silo).AsTask()));
            await Task.WhenAll(Enumerable.Range(0, Silos).Select(cluster.Restart));
        },
        MostLoadsAfterACrash,
        start: SiloCluster.StartOnPostgreSql);

    /// <summary>The update comes while values of the version before it are loaded and stored everywhere: none of them is served after it.</summary>
    [RedisFact]
    public async Task UpdateTag_HalfWay_IsOlderThanNothingThatIsServed() => await Run(
        async (cache, _, _) =>
        {
            Volatile.Write(ref _version, 3);
            using (ServerAction.Begin())
            {
                await cache.UpdateTagAsync("items");
            }

            await Parallel.ForAsync(0, Count, Many, async (i, token) => Assert.Equal(3, await cache.GetAsync<int>("item", Name(i), token)));
        },
        mostLoads: 3,
        readers: Many.MaxDegreeOfParallelism);

    /// <param name="halfWay">What happens when half of the keys have been loaded.</param>
    /// <param name="mostLoads">How often each key may be loaded, beside loads that the silos which live then say were lost.</param>
    /// <param name="readers">How many loads readers may add.</param>
    /// <param name="check">Checks how many loads were stored, and how many lost, as the silos say that live when all is done.</param>
    /// <param name="start">Starts the cluster.</param>
    private async Task Run(
        Func<ITagCache, SiloCluster, IClusterClient, Task> halfWay, int mostLoads, int readers = 0, Action<int, int>? check = null, Func<int, string[], Task<SiloCluster>>? start = null)
    {
        await using var cluster = await (start ?? SiloCluster.Start)(
            Silos, ["--TagCache:RefreshReminderPeriod=00:00:05", $"--TagCache:MaximumLoads={MaximumLoads}"]);
        using var host = Client(cluster);
        await host.StartAsync();
        var client = host.Services.GetRequiredService<IClusterClient>();
        var cache = host.Services.GetRequiredService<ITagCache>();
        await Parallel.ForAsync(0, Count, Many, async (i, token) => await PollSilos(async () =>
        {
            // On a machine that is starved a value may not be stored: then it is no dependent, and no job refreshes it.
            await cache.GetAsync<int>("item", Name(i), token);
            return (await cache.TryGetAsync<int>($"item:{Name(i)}", token)).HasValue;
        }));
        Array.Clear(_loads);
        (_version, _mostRunning, _refreshed) = (2, 0, 0);

        await cache.RevalidateTagAsync("items", CacheLife.Max);
        await _halfWay.Task.Soon();
        await halfWay(cache, cluster, client);
        await PollSilos(async () => await Job(client).Describe() is null);

        // A call or a lease may run out where the processor is wanted by many: what was loaded then is loaded once more, in the next pass.
        var told = (await Task.WhenAll(cluster.Silos.Select(Loads))).SelectMany(some => some).ToList();
        var stored = told.Where(load => load.Outcome == "stored").Sum(load => load.Count);
        var lost = told.Where(load => load.Outcome != "superseded").Sum(load => load.Count) - stored;
        Assert.All(_loads, loads => Assert.NotEqual(0, loads));
        var more = _loads.Sum(loads => Math.Max(0, loads - mostLoads));
        Assert.True(more <= Math.Min(lost, Count / 100), $"{more} loads too many. The silos say: {string.Join(", ", told)}.");
        check?.Invoke(stored, lost);
        Assert.InRange(_mostRunning, 1, (Silos * MaximumLoads) + readers);
        await Parallel.ForAsync(0, Count, Many, async (i, token) =>
        {
            // A silo that has just no lease gives nothing; what is lost stays lost.
            var found = default(CacheResult<int>);
            await PollSilos(async () => (found = await cache.TryGetAsync<int>($"item:{Name(i)}", token)).HasValue);
            Assert.Equal((false, _version), (found.IsStale, found.ValueOrDefault));
        });
        await host.StopAsync();
    }

    private IHost Client(SiloCluster silos)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = ("tagcache", "tagcache"));
            if (silos.Database is { } database)
            {
                client.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", database));
            }
            else
            {
                client.UseRedisClustering(silos.Redis);
            }

            client.UseConnectionRetryFilter((_, _) => Task.FromResult(true));
            client.AddTagCacheClient(options => (options.NearCache, options.MaximumBackgroundRefreshes) = (NearCacheMode.Off, 100));
            client.AddLoader("item", (context, argument, _) => Load(context, argument), new() { Tags = ["items"], Life = CacheLife.Max });
        });
        return builder.Build();
    }

    private async ValueTask<int> Load(CacheContext context, string argument)
    {
        Interlocked.Increment(ref _loads[int.Parse(argument, CultureInfo.InvariantCulture)]);
        if (Interlocked.Increment(ref _refreshed) == Count / 2 && Volatile.Read(ref _version) > 1)
        {
            _halfWay.SetResult();
        }

        var running = Interlocked.Increment(ref _running);
        InterlockedMax(ref _mostRunning, running);
        var value = Volatile.Read(ref _version);
        await Task.Yield();
        Interlocked.Decrement(ref _running);
        return value;
    }

    /// <summary>The loads that a silo had run since it was started, by what became of their values; none of one that is dead.</summary>
    private static async Task<(string Outcome, int Count)[]> Loads(HttpClient silo)
    {
        string metrics;
        try
        {
            metrics = await silo.GetStringAsync("/metrics").Soon();
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.ConnectionError)
        {
            return [];
        }

        return [.. LoadsLine().Matches(metrics).Select(line => (line.Groups["outcome"].Value, int.Parse(line.Groups["count"].Value, CultureInfo.InvariantCulture)))];
    }

    [GeneratedRegex("""^tagcache_loads_total\{.*outcome="(?<outcome>\w+)".*\} (?<count>\d+)""", RegexOptions.Multiline)]
    private static partial Regex LoadsLine();

    private static IRefreshJobGrain Job(IClusterClient client) => client.GetGrain<IRefreshJobGrain>(CacheNamespace.Default.Scope("items"));

    private static string Name(int i) => i.ToString(CultureInfo.InvariantCulture);

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); value > seen && Interlocked.CompareExchange(ref target, value, seen) is var now && now != seen;)
        {
            seen = now;
        }
    }

    /// <summary>
    /// Waits for a state of the silos, which are other processes and tell this one of no change: asks every 15 ms, for three minutes at most. While silos are away, asking fails.
    /// </summary>
    private static async Task PollSilos(Func<Task<bool>> isReached, [CallerArgumentExpression(nameof(isReached))] string what = "")
    {
        using var looks = new PeriodicTimer(PollPeriod, TimeProvider.System);
        var begun = TimeProvider.System.GetTimestamp();
        while (!await IsReached())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < Waits.Patience, $"Waited {Waits.Patience} for {what} in vain.");
            await looks.WaitForNextTickAsync();
        }

        async Task<bool> IsReached()
        {
            try
            {
                return await isReached().Soon(what);
            }
            catch (Exception exception) when (exception is OrleansException or TimeoutException)
            {
                return false;
            }
        }
    }
}
