using System.Reflection;
using OrleansTagCache.Contracts;
using OrleansTagCache.Tags;
using OrleansTagCache.Views;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>What a silo keeps of the updates of its tags, and for how long.</summary>
public sealed class TagUpdatesTests : IDisposable
{
    private readonly InvalidatorHost _host = new();
    private readonly TagUpdates _updates;

    public TagUpdatesTests() => _updates = new(_host.Invalidator, new AllSilos(_host.Members, _host.Peers, InvalidatorHost.Details), DispatchProxy.Create<IGrainFactory, NoGrains>(), _host.Time);

    [Fact]
    public async Task Update_OfManyTags_IsForgottenSoonAfter()
    {
        await _host.Serve();
        for (var i = 0; i < 100; i++)
        {
            Assert.True((await Update($"tag-{i}")).IsComplete);
        }

        Assert.Equal(100, _updates.Count);
        _host.Time.Advance(UpdateCoalescer.Memory);
        Assert.Equal(0, _updates.Count);

        // And again: the timer rests while there is nothing to forget.
        Assert.True((await Update("tag-1")).IsComplete);
        _host.Time.Advance(UpdateCoalescer.Memory);
        Assert.Equal(0, _updates.Count);
    }

    [Fact]
    public async Task Update_WhoseLastOneIsRemembered_IsKeptUntilThatIsOver()
    {
        await _host.Serve();
        await Update("first");
        _host.Time.Advance(UpdateCoalescer.Memory / 2);
        await Update("later");
        _host.Time.Advance(UpdateCoalescer.Memory / 2);
        Assert.Equal(1, _updates.Count);
        _host.Time.Advance(UpdateCoalescer.Memory);
        Assert.Equal(0, _updates.Count);
    }

    [Fact]
    public async Task Update_AskedForAgain_BeginsNoOther()
    {
        var peer = InvalidatorHost.Silo(2);
        await _host.Serve((peer, SiloStatus.Active));
        var (requestId, clock) = (Guid.NewGuid(), _host.Ledger.Stamp());
        var outcome = await Update("tag", requestId);
        var applied = _host.Ledger.Stamp();
        Assert.NotEqual(clock, applied);

        Assert.Equal(outcome, await Update("tag", requestId));
        Assert.Equal(applied, _host.Ledger.Stamp());
    }

    public void Dispose()
    {
        _updates.Dispose();
        _host.Dispose();
    }

    private Task<UpdateOutcome> Update(string tag, Guid requestId = default) => _updates.Update(InvalidatorHost.Tag(tag).Scoped, new([InvalidatorHost.Tag(tag)], StaleFor: null), requestId).Soon();

#pragma warning disable CA1852 // The proxy derives from it.
    internal class NoGrains : DispatchProxy
#pragma warning restore CA1852
    {
        protected override object Invoke(MethodInfo? targetMethod, object?[]? args) => throw new NotSupportedException();
    }
}
