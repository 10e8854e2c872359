using OrleansTagCache.Contracts;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>The context of a response that output caching may store.</summary>
public sealed class ResponseContextTests
{
    private static readonly EntryData Stated = new(new([1], null), ["own"], CopiedTags: null, CacheLife.Hours, Sliding: TimeSpan.FromSeconds(3));

    [Fact]
    public void Over_WhatWasMadeFromAnEntry_HasItsTagsAsCopiesAndIsLimitedByItsLife()
    {
        var context = new CacheContext(Names.CacheNamespace.Default, () => true);
        context.MadeFrom(Names.CacheNamespace.Default, ["own", "inner"], CacheLife.Minutes, TimeSpan.FromSeconds(20), promiseSuspended: false);
        context.End();

        var entry = context.Over(Stated);

        Assert.Equal(["inner", "own"], entry.Tags.Order());
        Assert.Equal(["inner", "own"], entry.CopiedTags!.Order());
        Assert.Equal(CacheLife.Smallest(CacheLife.Hours, CacheLife.Minutes.After(TimeSpan.FromSeconds(20))), entry.Life);
        Assert.Equal(Stated.Sliding, entry.Sliding);
    }

    [Fact]
    public void Over_WhatWasMadeFromNothing_IsAsItWasStated()
    {
        var entry = new CacheContext(Names.CacheNamespace.Default, () => true).Over(Stated);
        Assert.Equal(["own"], entry.Tags);
        Assert.Null(entry.CopiedTags);
        Assert.Equal(CacheLife.Hours, entry.Life);
    }

    [Fact]
    public async Task Current_IsTheResponses_WhileItMayBeStored()
    {
        var mayBeStored = false;
        var context = new CacheContext(Names.CacheNamespace.Default, () => mayBeStored);
        await InIt();
        Assert.Null(CacheContext.Current);

        async Task InIt()
        {
            context.Enter();
            Assert.Null(CacheContext.Current);
            mayBeStored = true;
            await Task.Yield();
            Assert.Same(context, CacheContext.Current);
            context.End();
            Assert.Null(CacheContext.Current);
        }
    }
}
