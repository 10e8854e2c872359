using OrleansTagCache.Entries;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>The tags of evicted entries, which a silo records while it is asked for them.</summary>
public sealed class EvictedTagsTests
{
    private static readonly TimeSpan Attention = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Evictions_AreRecordedWhileSomeoneAsks()
    {
        using var silo = await EntrySilo.Serve(maximumEntries: 2);
        await Fill(silo, "unasked", 4);
        Assert.False(silo.Evicted.IsRecording);

        var first = silo.Evicted.After(null);
        Assert.Empty(first.Tags);
        await Fill(silo, "asked", 3);
        var second = silo.Evicted.After(first.Position);
        Assert.Equal((3, false), (second.Tags.Length, second.HasLost));
        Assert.Empty(silo.Evicted.After(second.Position).Tags);

        // A moment before the end of its time it still records, and afterwards not.
        silo.Time.Advance(Attention);
        await Fill(silo, "late", 1);
        Assert.True(silo.Evicted.IsRecording);
        silo.Time.Advance(TimeSpan.FromSeconds(1));
        await Fill(silo, "unasked again", 1);
        Assert.False(silo.Evicted.IsRecording);
        var third = silo.Evicted.After(second.Position);
        Assert.Equal((0, true), (third.Tags.Length, third.HasLost));
        Assert.False(silo.Evicted.After(third.Position).HasLost);
    }

    [Fact]
    public async Task Silo_ThatWasNotAskedForLongAndEvictedNothing_HasLostNothing()
    {
        using var silo = await EntrySilo.Serve(maximumEntries: 2);
        var first = silo.Evicted.After(null);
        silo.Time.Advance(10 * Attention);
        var second = silo.Evicted.After(first.Position);
        await Fill(silo, "key", 3);

        Assert.False(second.HasLost);
        Assert.Equal((1, false), (silo.Evicted.After(second.Position).Tags.Length, silo.Evicted.After(second.Position).HasLost));
    }

    [Fact]
    public async Task Tag_OfManyEntries_IsToldOnceUntilSomeoneHasIt()
    {
        using var silo = await EntrySilo.Serve(maximumEntries: 2);
        var first = silo.Evicted.After(null);
        await Fill(silo, "key", 7, "shared");
        var second = silo.Evicted.After(first.Position);
        Assert.Equal([InvalidatorHost.Tag("shared")], second.Tags);

        await Fill(silo, "other", 7, "shared");
        Assert.Equal([InvalidatorHost.Tag("shared")], silo.Evicted.After(second.Position).Tags);

        // Another one who asks is told all that there is from where it stands.
        var all = silo.Evicted.After(first.Position);
        Assert.Equal((2, false), (all.Tags.Length, all.HasLost));
    }

    [Fact]
    public async Task Tags_BeyondTheCapacity_AreLostAndThatIsSaid()
    {
        using var silo = await EntrySilo.Serve(maximumEntries: 10);
        var evicted = new EvictedTags(silo.Time, capacity: 3);
        var (first, other) = (evicted.After(null), evicted.After(null));
        await Evict("a", "b", "c");
        Assert.Equal(["a", "b", "c"], Names(evicted.After(first.Position).Tags));

        // What was told and is written over may be untold a second time.
        await Evict("a", "b", "d", "e", "b");
        var late = evicted.After(other.Position);
        Assert.Equal((true, "b, d, e"), (late.HasLost, string.Join(", ", Names(late.Tags))));
        evicted.Evicted(silo.Stored("e")!);
        evicted.Evicted(silo.Stored("e")!);
        var next = evicted.After(late.Position);
        Assert.Equal((false, "e"), (next.HasLost, string.Join(", ", Names(next.Tags))));

        async Task Evict(params string[] tags)
        {
            foreach (var tag in tags)
            {
                if (silo.Stored(tag) is null)
                {
                    await silo.Generate(tag, EntrySilo.Data(tag));
                }

                evicted.Evicted(silo.Stored(tag)!);
            }
        }
    }

    [Fact]
    public async Task Tag_ThatWasWrittenOverUntold_IsRecordedAgain()
    {
        using var silo = await EntrySilo.Serve(maximumEntries: 1);
        var evicted = new EvictedTags(silo.Time, capacity: 2);
        var first = evicted.After(null);
        foreach (var tag in (string[])["a", "b", "c", "a"])
        {
            await silo.Generate(tag, EntrySilo.Data(tag));
            evicted.Evicted(silo.Stored(tag)!);
        }

        var told = evicted.After(first.Position);
        Assert.Equal((true, "c, a"), (told.HasLost, string.Join(", ", Names(told.Tags))));
    }

    [Fact]
    public async Task Removals_Expiries_AndUpdates_AreNoEvictions()
    {
        using var silo = await EntrySilo.Serve(maximumEntries: 100);
        var first = silo.Evicted.After(null);
        await Fill(silo, "key", 3);
        await silo.Entry("key:0").Remove();
        await silo.Update("key:1");
        await silo.Generate("key:1", EntrySilo.Data("again"));
        var entry = silo.Entry("key:2");
        await entry.Set(await entry.BeginSet(), EntrySilo.Data("set"), age: TimeSpan.Zero);
        silo.Store.Drop(silo.Table.Find(EntrySilo.Scope("key:2"))!, silo.Stored("key:2")!);

        Assert.Null(silo.Stored("key:2"));
        Assert.Empty(silo.Evicted.After(first.Position).Tags);
    }

    [Fact]
    public async Task TagsOfOtherNamespaces_AreLeftOut()
    {
        using var silo = await EntrySilo.Serve(maximumEntries: 1);
        var first = silo.Evicted.After(null);
        var foreign = ForeignTag.Of(TagId.OfTag(CacheNamespace.Parse("blog"), "post"));
        await silo.Generate("a", EntrySilo.Data("own", foreign));
        await silo.Generate("b", EntrySilo.Data());

        Assert.Equal(["own"], Names(silo.Evicted.After(first.Position).Tags));
    }

    private static async Task Fill(EntrySilo silo, string name, int count, string? tag = null)
    {
        for (var i = 0; i < count; i++)
        {
            await silo.Generate($"{name}:{i}", EntrySilo.Data(tag ?? $"{name}:{i}"));
        }
    }

    private static IEnumerable<string> Names(IEnumerable<TagId> tags) => tags.Select(tag => tag.Name);
}
