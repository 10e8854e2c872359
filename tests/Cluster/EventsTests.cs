using OrleansTagCache.Invalidation;
using OrleansTagCache.Journal;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>A reader of events that goes from one silo to another.</summary>
public sealed class EventsTests(TagCacheCluster cluster) : IClassFixture<TagCacheCluster>
{
    [Fact]
    public async Task Reader_ThatMovesFromSiloToSilo_GetsEveryUpdate()
    {
        var logs = cluster.Orleans.Silos.Select(silo => TagCacheCluster.Get<Invalidator>(silo)).ToArray();
        var cursor = logs[0].EventsFromNow();
        var told = new List<string>();
        for (var round = 0; round < 9; round++)
        {
            // Updates of many tags, so that every silo coordinates some.
            for (var i = 0; i < 5; i++)
            {
                using (ServerAction.Begin())
                {
                    await cluster.Client.UpdateTagAsync($"moved:{round}:{i}");
                }
            }

            var at = logs[round % 3];
            Assert.True(EventPosition.TryParse(cursor.Position.ToString(), out var position));
            cursor = Assert.IsType<EventCursor>(at.Events.Find(position));
            while (Enumerable.Range(0, 5).Any(i => !told.Contains($"moved:{round}:{i}")))
            {
                await at.Events.After(cursor).Soon();
                var events = new List<LoggedEvent>();
                Assert.True(at.Events.Read(cursor, events, 100));
                told.AddRange(events.Where(cursor.Take).SelectMany(logged => logged.Tags).Select(tag => tag.Name));
            }
        }

        // One that settled out of order may be told twice; no more than that.
        Assert.InRange(told.Count, 45, 90);
    }
}
