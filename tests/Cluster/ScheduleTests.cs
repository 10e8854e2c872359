using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Scheduling;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>A schedule runs once in the cluster for each of its due times, whichever silo dies.</summary>
public sealed partial class ScheduleTests(ScheduleTests.ScheduledCluster cluster) : IClassFixture<ScheduleTests.ScheduledCluster>
{
    [Fact]
    public async Task Schedule_OfThreeSilosOneOfWhichDies_RunsOnceForEachDueTime()
    {
        await cluster.Client.GetAsync<string>("scheduled", "item");
        var runner = await UntilRuns(3);
        await cluster.Loads.Until(() => Volatile.Read(ref cluster.LoadCount) > 1, () => "The entry was not refreshed.");

        await cluster.Orleans.KillSiloAsync(cluster.Orleans.Silos.Single(silo => silo.SiloAddress.Equals(runner)));
        var before = cluster.Runs();
        var next = await UntilRuns(before.Length + 3);

        Assert.NotEqual(runner, next);
        var runs = cluster.Runs();
        Assert.All(runs[before.Length..], run => Assert.True(run.Due > before[^1].Due || run.IsRepeat, $"{run.Due:O} after {before[^1].Due:O}"));

        // What the silo that died had begun, and no one knows the end of, is repeated; nothing else is.
        var once = runs.Where(run => !run.IsRepeat).Select(run => run.Due).ToList();
        Assert.Equal(once.Distinct(), once);
        Assert.InRange(runs.Count(run => run.IsRepeat), 0, 1);
    }

    /// <summary>Waits for so many runs, and tells which silo the last look was on.</summary>
    private async Task<SiloAddress> UntilRuns(int count)
    {
        var listener = new Looks();
        using (CacheEvents.Listener.Subscribe(listener))
        {
            await Events.On(CacheEvent.ScheduleLooked).Until(() => cluster.Runs().Length >= count && listener.Last is not null, () => $"{cluster.Runs().Length} runs of {count}");
            return listener.Last!;
        }
    }

    private sealed class Looks : IObserver<KeyValuePair<string, object?>>
    {
        public SiloAddress? Last { get; private set; }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value.Value is CacheEventData { Event: CacheEvent.ScheduleLooked, Source: ScheduleGrain grain })
            {
                Last = ((IGrainBase)grain).GrainContext.Address.SiloAddress;
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }

    public sealed partial class ScheduledCluster : TagCacheCluster
    {
        internal CapturedLog Log { get; } = new();

        internal Signal Loads { get; } = new();

        internal int LoadCount;

        internal (DateTimeOffset Due, bool IsRepeat)[] Runs() =>
            [.. Ran().Matches(Log.Text).Select(match => (DateTimeOffset.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), bool.Parse(match.Groups[2].Value)))];

        protected override void Configure(TagCacheOptions options) =>
            options.Schedules["each-second"] = new() { Tags = ["scheduled"], Cron = "* * * * * *" };

        protected override void ConfigureSilo(ISiloBuilder silo)
        {
            silo.AddLoader<string>("scheduled", (context, _, _) =>
            {
                context.Tag("scheduled");
                Interlocked.Increment(ref LoadCount);
                Loads.Set();
                return new("value");
            });
            silo.Services.AddLogging(logging => logging.AddProvider(Log).AddFilter("OrleansTagCache.Scheduling", LogLevel.Information));
        }

        [GeneratedRegex(@"The schedule 'each-second' ran for (\S+): 1 tags in \S+; repeated after an interruption: (\w+)", RegexOptions.NonBacktracking)]
        private static partial Regex Ran();
    }
}
