using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Measuring;
using OrleansTagCache.Bench.SideBySide.Peers;
using OrleansTagCache.Bench.SideBySide.Reporting;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>The part of W3 that looks at the other processes: when the last of them gets the new value, whatever the call waits for.</summary>
internal static class LastProcess
{
    private const int Nodes = 2;
    private const int WarmUpUpdates = 30;
    private const string Reading = "reading";
    private const string Tag = "last-process";
    private const string Key = "last-process:value";

    private static readonly string[] Names = [Catalogue.Ours, Catalogue.FusionOnRedis];

    public static async Task Measure(Findings findings, string redis, Extent extent)
    {
        var (rounds, updates) = extent > Extent.Short ? (7, 200) : (3, 50);
        await using var source = await VersionedSource.Connect(redis);
        await using var peers = await PeerGroup.Open(redis, Names);
        await using var bare = await BareSilo.Start(redis);
        using var client = await BareSilo.Connect(redis);
        var empty = client.Services.GetRequiredService<IGrainFactory>().GetGrain<IEmptyGrain>(0);
        var nodes = Names.ToDictionary(name => name, _ => new List<Node>());
        foreach (var name in Names)
        {
            for (var i = 0; i < Nodes; i++)
            {
                nodes[name].Add(await Node.Start(name, redis));
            }
        }

        await Rounds<Seen>.Run(Names, 1, name => Update(name, WarmUpUpdates));
        var seen = await Rounds<Seen>.Run(Names, rounds, name => Update(name, updates));
        foreach (var node in nodes.Values.SelectMany(node => node))
        {
            await node.DisposeAsync();
        }

        await client.StopAsync();
        Report(findings, seen);

        async Task<Seen> Update(string name, int count)
        {
            var result = new Seen(new(), new(), new());
            var current = await source.Change();
            for (var i = 0; i < count; i++)
            {
                await Task.WhenAll(nodes[name].Select(node => node.Ask(NodeCommands.AwaitVersion(current + 1))));
                await Timed(result.RoundTrip, async () => await empty.Call());
                current = await source.Change();
                var begun = TimeProvider.System.GetTimestamp();
                await Timed(result.Call, () => ((ITaggedPeer)peers[name]).Invalidate(Tag));
                var fresh = await Task.WhenAll(nodes[name].Select(node => node.Hear()));
                result.Last.Record(fresh.Max(at => long.Parse(at, CultureInfo.InvariantCulture)) - begun);
            }

            return result;
        }
    }

    /// <summary>
    /// In a node: reads the entry without a pause, until it has a new version. Says that it is reading once it has an old one, and at the end when that was. The clock is
    /// the machine's. Between two reads any other thread of the machine may run: the silos need the cores too.
    /// </summary>
    public static async Task<string> AwaitVersion(INearPeer peer, VersionedSource source, long version)
    {
        // Of a type of which every reader has the same object: none of the peers copies it.
        var read = peer.Entries<Document>([Tag], async _ => new(await source.Make()));
        await read(Key);
        Console.WriteLine(Reading);
        while (VersionedSource.VersionOf((await read(Key)).Content.Span) < version)
        {
            Thread.Yield();
        }

        return TimeProvider.System.GetTimestamp().ToString(CultureInfo.InvariantCulture);
    }

    private static void Report(Findings findings, Rounds<Seen> seen)
    {
        var table = new Table(
            $"{Nodes} other processes that read one key without a pause; ms",
            "", "until the last has the new value, p50", "p99", "the call, p50", "an empty grain call, p50");
        foreach (var name in Names)
        {
            table.Add(
                name,
                seen.Of(name, one => one.Last.Nanoseconds(50) / 1e6),
                seen.Of(name, one => one.Last.Nanoseconds(99) / 1e6),
                seen.Of(name, one => one.Call.Nanoseconds(50) / 1e6),
                seen.Of(name, one => one.RoundTrip.Nanoseconds(50) / 1e6));
        }

        findings.Tables.Add(table);
        foreach (var percentile in new[] { 50, 99 })
        {
            findings.Targets.Add(Target.AtMost(
                1,
                $"until the last process has the new value, p{percentile}: ours / FusionCache + Redis",
                seen.Ratio(Catalogue.Ours, Catalogue.FusionOnRedis, one => one.Last.Nanoseconds(percentile))));
        }

        findings.Targets.Add(Target.AtMost(
            2,
            "the call, p50, in empty grain calls: ours",
            seen.Ratio(Catalogue.Ours, one => one.Call.Nanoseconds(50), one => one.RoundTrip.Nanoseconds(50))));
    }

    private static async Task Timed(Latencies latencies, Func<Task> call)
    {
        var begun = TimeProvider.System.GetTimestamp();
        await call();
        latencies.Record(TimeProvider.System.GetTimestamp() - begun);
    }

    /// <summary>What the updates of one round took.</summary>
    private sealed record Seen(Latencies Last, Latencies Call, Latencies RoundTrip);
}
