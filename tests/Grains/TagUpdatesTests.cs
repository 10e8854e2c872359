using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
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

    public TagUpdatesTests() => _updates = new(_host.Invalidator, new AllSilos(_host.Members, _host.Peers, _host.Versions, InvalidatorHost.Details), DispatchProxy.Create<IGrainFactory, Jobs>(), _host.Time, NullLogger<TagUpdates>.Instance);

    [Fact]
    public async Task Revalidation_OfManyTags_IsForgottenSoonAfter()
    {
        await _host.Serve();
        for (var i = 0; i < 100; i++)
        {
            Assert.True((await Revalidate($"tag-{i}")).IsComplete);
        }

        Assert.Equal(100, _updates.Count);
        _host.Time.Advance(TagUpdates.Memory);
        Assert.Equal(0, _updates.Count);

        // And again: the timer rests while there is nothing to forget.
        Assert.True((await Revalidate("tag-1")).IsComplete);
        _host.Time.Advance(TagUpdates.Memory);
        Assert.Equal(0, _updates.Count);
    }

    [Fact]
    public async Task Revalidation_WhoseLastOneIsRemembered_IsKeptUntilThatIsOver()
    {
        await _host.Serve();
        await Revalidate("first");
        _host.Time.Advance(TagUpdates.Memory / 2);
        await Revalidate("later");
        _host.Time.Advance(TagUpdates.Memory / 2);
        Assert.Equal(1, _updates.Count);
        _host.Time.Advance(TagUpdates.Memory);
        Assert.Equal(0, _updates.Count);
    }

    [Fact]
    public async Task Revalidation_AskedForAgain_BeginsNoOther()
    {
        await _host.Serve((InvalidatorHost.Silo(2), SiloStatus.Active));
        var (requestId, clock) = (Guid.NewGuid(), _host.Ledger.Stamp());
        var outcome = await Revalidate("tag", requestId);
        var applied = _host.Ledger.Stamp();
        Assert.NotEqual(clock, applied);

        Assert.Equal(outcome, await Revalidate("tag", requestId));
        Assert.Equal(applied, _host.Ledger.Stamp());
    }

    /// <summary>To repeat one is harmless, and very many tags may be updated at once.</summary>
    [Fact]
    public async Task Update_ThatIsComplete_IsNotRemembered()
    {
        await _host.Serve();
        Assert.True((await Update("tag")).IsComplete);
        Assert.Equal(0, _updates.Count);
    }

    public void Dispose()
    {
        _updates.Dispose();
        _host.Dispose();
    }

    private Task<UpdateOutcome> Update(string tag) => Run(tag, staleFor: null, Guid.Empty);

    private Task<UpdateOutcome> Revalidate(string tag, Guid requestId = default) => Run(tag, TimeSpan.FromHours(1), requestId);

    private Task<UpdateOutcome> Run(string tag, TimeSpan? staleFor, Guid requestId) =>
        _updates.Update(InvalidatorHost.Tag(tag).Scoped, new([InvalidatorHost.Tag(tag)], staleFor), requestId).Soon();

    /// <summary>Knows the jobs of refreshes, which begin at once.</summary>
#pragma warning disable CA1852 // The proxies derive from these.
    internal class Jobs : DispatchProxy
    {
        protected override object Invoke(MethodInfo? targetMethod, object?[]? args) => DispatchProxy.Create<IRefreshJobGrain, Job>();
    }

    internal class Job : DispatchProxy
    {
        protected override object Invoke(MethodInfo? targetMethod, object?[]? args) => default(ValueTask);
    }
#pragma warning restore CA1852
}
