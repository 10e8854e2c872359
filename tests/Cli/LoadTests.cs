using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Cli.Api;
using OrleansTagCache.Cli.Contexts;
using OrleansTagCache.Cli.Load;
using OrleansTagCache.Cli.Running;
using Xunit;

namespace OrleansTagCache.Tests.Cli;

/// <summary><c>load</c>: that its figures hide nothing, and that nothing of it stays.</summary>
[Collection(SiloCollection.Name)]
public sealed class LoadTests(SiloServer silo)
{
    [Fact]
    public async Task Stall_IsChargedToEveryCallThatWasDueInIt()
    {
        // A server that stands still for a second of the two, and otherwise answers at once: 100 calls a second, one at a time.
        var time = new FakeTimeProvider();
        var (stalled, stall, ended) = (new TaskCompletionSource(), new TaskCompletionSource(), new Signal());
        var latencies = new ConcurrentQueue<TimeSpan>();
        var running = new OpenLoop(100, most: 1, time).Run(
            TimeSpan.FromSeconds(2),
            async (number, due) =>
            {
                if (number == 50)
                {
                    stalled.SetResult();
                    await stall.Task;
                }

                latencies.Enqueue(time.GetElapsedTime(due));
                ended.Set();
            },
            CancellationToken.None);
        await Call(1, 50);
        time.Advance(TimeSpan.FromSeconds(0.01));
        await stalled.Task.Soon();
        time.Advance(TimeSpan.FromSeconds(1));
        stall.SetResult();
        await ended.Until(() => latencies.Count == 151);
        await Call(152, 200);

        Assert.Equal(200, await running.Soon());

        // Of the 100 calls that were due in that second, half were due in its first half; a closed loop would know of one slow call.
        Assert.InRange(latencies.Count(latency => latency > TimeSpan.FromSeconds(0.5)), 50, 51);
        Assert.InRange(latencies.Count(latency => latency > TimeSpan.FromSeconds(0.1)), 90, 91);
        Assert.InRange(latencies.Max(), TimeSpan.FromSeconds(0.99), TimeSpan.FromSeconds(1.01));

        async Task Call(int first, int last)
        {
            for (var count = first; count <= last; count++)
            {
                if (count > 1)
                {
                    time.Advance(TimeSpan.FromSeconds(0.01));
                }

                await ended.Until(() => latencies.Count == count);
            }
        }
    }

    [Fact]
    public async Task Calls_AreBegunWhenTheyAreDue_WhetherOrNotOthersHaveEnded()
    {
        var time = new FakeTimeProvider();
        var (never, begun) = (new TaskCompletionSource(), 0);
        using var over = new CancellationTokenSource();
        var running = new OpenLoop(1_000, most: 500, time).Run(
            TimeSpan.FromHours(1),
            (_, _) =>
            {
                Interlocked.Increment(ref begun);
                return never.Task;
            },
            over.Token);

        await Waits.Advance(time, TimeSpan.FromMilliseconds(1), () => Volatile.Read(ref begun) == 500);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(500, Volatile.Read(ref begun));
        await over.CancelAsync();
        never.SetResult();

        // A place that comes free at that very moment may be taken.
        Assert.InRange(await running.Soon(), 500, 501);
    }

    [Fact]
    public async Task Load_CountsEachCall_AndLeavesNothingBehind()
    {
        var load = await new CliRun(silo.Http.BaseAddress!).Run(
            "load", "--rate", "100", "--duration", "1s", "--warm-up", "0", "--keys", "20", "--size", "100", "--sets", "20", "--updates", "5", "--prefix", "cli:load:", "-o", "json");

        Assert.Equal((0, ""), (load.Code, load.Error));
        Assert.Equal((100, 100), (load.Json.GetProperty("calls").GetInt32(), load.Json.GetProperty("sentLateMs").GetProperty("count").GetInt32()));
        Assert.Equal("{}", load.Json.GetProperty("failed").GetRawText());
        var counts = load.Json.GetProperty("latencyMs").EnumerateObject().ToDictionary(kind => kind.Name, kind => kind.Value.GetProperty("count").GetInt32());
        Assert.Equal(100, counts.Where(kind => !kind.Key.StartsWith("fill", StringComparison.Ordinal)).Sum(kind => kind.Value));
        Assert.All(["read", "set", "update"], kind => Assert.InRange(counts[kind], 1, 99));
        Assert.Equal("[]", (await silo.Http.Ask("/v1/tags?prefix=cli:load:")).Json.GetProperty("tags").GetRawText());
    }

    [Fact]
    public async Task Value_ThatCouldNotBeStored_IsAFailure()
    {
        using var server = new HttpListener();
        var url = new Uri($"http://127.0.0.1:{FreePorts.Take(1)[0]}/");
        server.Prefixes.Add(url.ToString());
        server.Start();
        var (cli, settings) = (new CliRun().Host(Stream.Null, TextWriter.Null, TextWriter.Null), new LoadSettings { Sets = 0 });
        using var api = new SiloApi(new Target([url], null, null, new() { Urls = [] }), cli, patience: null);
        var tally = new Tally(TimeProvider.System);

        var call = new LoadCalls(api, settings, size: 1, TimeProvider.System).Make(0, TimeProvider.System.GetTimestamp(), tally, CancellationToken.None);
        foreach (var status in new[] { 404, 503 })
        {
            var context = await server.GetContextAsync().Soon();
            (context.Response.StatusCode, context.Response.Headers["Tag-Cache-Token"]) = (status, "the-token");
            context.Response.Close();
        }

        await call.Soon();
        Assert.Equal(["read (miss)"], tally.Kinds.Select(kind => kind.Key));
        Assert.Equal([new("503", 1)], tally.Failed);
    }

    [Fact]
    public async Task Load_OfAnotherMachine_WantsAWord()
    {
        var load = await new CliRun(new Uri("http://192.0.2.1:8080")).Run("load");

        Assert.Equal((ExitCode.Usage, "otc: Load for silos of other machines needs --yes where no one can be asked.\n"), (load.Code, load.Error));
    }

    [Theory]
    [InlineData("--rate must be a whole number from 1 to 50000; it is 0.", "--rate", "0")]
    [InlineData("--keys must be a whole number from 1 to 1000000; it is 1000001.", "--keys", "1000001")]
    [InlineData("--duration must be a duration from 1s to 60m, such as 90s, 5m, 2h or 7d; it is '2h'.", "--duration", "2h")]
    [InlineData("--size must be a size from 0 B to 4 MB, such as 512, 10KB or 1MB; it is '5MB'.", "--size", "5MB")]
    [InlineData("--sets and --updates are shares of one whole, 100; they are 60 and 50.", "--sets", "60", "--updates", "50")]
    public async Task Load_OutOfRange_IsToldWhichLimit(string told, params string[] args)
    {
        var load = await new CliRun(silo.Http.BaseAddress!).Run(["load", .. args]);

        Assert.Equal((ExitCode.Usage, $"otc: {told}\n"), (load.Code, load.Error));
    }
}
