using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Near;
using OrleansTagCache.Sessions;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>What a near cache holds in memory, beside the bounds that it is given.</summary>
public sealed class NearCacheTests
{
    [Fact]
    public async Task Read_OfAValueThatAnotherProcessMade_KeepsTheReadersStringsOfItsTags()
    {
        using var silo = await EntrySilo.Serve();
        await using var maker = ProcessOver.Start(silo);
        await maker.GetRequiredService<ITagCache>().GetOrCreateAsync("key", (_, _) => new ValueTask<string>("made"), new() { Tags = ["own", "shared"] });
        var (shared, own) = (new string("shared"), new string("own"));

        await using var reader = ProcessOver.Start(silo, services => services.AddSingleton<INearLeases>(new SiloNearLeases(new(100), silo.Silo.Lease)));
        Assert.Equal("made", await reader.GetRequiredService<ITagCache>().GetOrCreateAsync("key", (_, _) => new ValueTask<string>("other"), new() { Tags = [shared, "another", own] }));

        var kept = reader.GetRequiredService<NearCache>().Find("key", freshOnly: true).Entry!.Tags;
        Assert.Equal(["own", "shared"], kept);
        Assert.Same(own, kept[0]);
        Assert.Same(shared, kept[1]);
    }
}
