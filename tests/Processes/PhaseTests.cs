using OrleansTagCache.Faults.Conductor;
using OrleansTagCache.Faults.Workload;
using Xunit;

namespace OrleansTagCache.Tests.Processes;

/// <summary>What the fault harness says of the surfaces that it reads through.</summary>
public sealed class PhaseTests
{
    private static Phase Of(params SurfaceReads[] surfaces) =>
        new("a phase", 0, TimeSpan.FromSeconds(1), 1, 0, 0, 0, 0, 0, 0, [], surfaces);

    [Fact]
    public void Sum_NamesTheSurfacesThatWereReadInNoPhase()
    {
        var sum = Phase.Sum([
            Of(new(Surface.Pages, 0, 0), new(Surface.Fetch, 3, 0), new(Surface.Nested, 0, 0)),
            Of(new(Surface.Pages, 0, 0), new(Surface.Fetch, 0, 0), new(Surface.Nested, 5, 2)),
        ]);
        Assert.Equal([Surface.Pages], sum.Unread);
        Assert.Equal([new(Surface.Pages, 0, 0), new(Surface.Fetch, 3, 0), new(Surface.Nested, 5, 2)], sum.Surfaces);
    }

    [Fact]
    public void Table_SaysWhatWasReadThroughEachSurface() =>
        Assert.Contains("| a phase | 0 / 0 | 1,234 / 2 |", Table.Of([Of(new(Surface.Pages, 0, 0), new(Surface.Nested, 1_234, 2))]), StringComparison.Ordinal);

    /// <summary>Who sets or removes a key sets no page of it; who updates its tags does.</summary>
    [Fact]
    public void WhatIsMadeFromARow_HasItsTagsAndAKeyOfItsOwn()
    {
        for (var key = 0; key < Layout.Keys; key++)
        {
            Assert.Equal(Layout.TagsOf(key), Layout.TagsOf(Layout.DerivedFrom(key)));
            Assert.InRange(Layout.DerivedFrom(key), Layout.Keys, int.MaxValue);
            Assert.Equal(key, Layout.RowOf(Layout.DerivedFrom(key)));
        }
    }
}
