using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>Holds of one namespace are out of reach of another's keys.</summary>
[Collection(KeyedSiloCollection.Name)]
public sealed class HoldScopeTests(KeyedSilo silo)
{
    [Fact]
    public async Task Release_ByAKeyOfAnotherNamespace_UpdatesThatNamespaceAlone()
    {
        using var shop = silo.With(silo.All);
        using var blog = silo.With(silo.Other);
        var id = await shop.TakeHold("scope:tag");
        (await blog.Put("scope:1", "stored", "&tag=scope:tag")).IsDone();

        Assert.False((await blog.Release(id, "scope:tag")).Json.GetProperty("held").GetBoolean());

        await blog.TakeToken("scope:1");
        (await shop.Put("scope:1", "value", "&tag=scope:tag", await shop.TakeToken("scope:1"))).IsProblem(409, "superseded");
        Assert.True((await shop.Release(id, "scope:tag")).Json.GetProperty("held").GetBoolean());
    }
}
