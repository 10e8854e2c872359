using System.Globalization;
using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Measuring;
using OrleansTagCache.Bench.SideBySide.Peers;
using OrleansTagCache.Bench.SideBySide.Reporting;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>The part of W3 that updates tags which were never updated before, as most applications do with a tag of one entry's own, beside one that is updated all the time.</summary>
internal static class RareTag
{
    private const int WarmUpPairs = 50;
    private const string Active = "active";

    public static async Task Measure(Findings findings, string redis, Extent extent)
    {
        var (rounds, pairs) = extent > Extent.Short ? (7, 100) : (3, 30);
        await using var ours = await Ours.Connect(redis);
        await using var node = await Node.Start(Catalogue.Ours, redis);
        var tags = 0;
        await Update(WarmUpPairs);
        var updates = await Rounds<Pair>.Run([Catalogue.Ours], rounds, _ => Update(pairs));
        var table = new Table("One dependent that two processes keep near: p50 of the call, ms", "", "a tag that was never updated", "one that is updated all the time");
        table.Add(Catalogue.Ours, updates.Of(Catalogue.Ours, pair => pair.Rare), updates.Of(Catalogue.Ours, pair => pair.Active));
        findings.Tables.Add(table);
        findings.Targets.Add(Target.AtMost(
            1.2, "never updated before / updated all the time, p50: ours", updates.Ratio(Catalogue.Ours, pair => pair.Rare, pair => pair.Active)));

        async Task<Pair> Update(int count)
        {
            var (rare, active) = (new Latencies(), new Latencies());
            for (var i = 0; i < count; i++)
            {
                var tag = string.Create(CultureInfo.InvariantCulture, $"city:{++tags}");
                await Keep(tag);
                await Keep(Active);
                foreach (var isRare in i % 2 == 0 ? new[] { true, false } : [false, true])
                {
                    var begun = TimeProvider.System.GetTimestamp();
                    await ours.Invalidate(isRare ? tag : Active);
                    (isRare ? rare : active).Record(TimeProvider.System.GetTimestamp() - begun);
                }
            }

            return new(rare.Nanoseconds(50) / 1e6, active.Nanoseconds(50) / 1e6);
        }

        async Task Keep(string tag)
        {
            await new EntrySet<byte[]>(tag, 1, ours.Entries, Document.MakeBytes).Fill();
            await node.Ask(NodeCommands.Keep(tag, 1));
        }
    }

    private sealed record Pair(double Rare, double Active);
}
