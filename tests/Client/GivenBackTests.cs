using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;
using OrleansTagCache.Transport;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>A token that is given back is tried at its silo, then through the entry's grain: what the first try may have done is no refusal.</summary>
public sealed class GivenBackTests
{
    private static readonly SiloAddress Silo = FakeCluster.Silo(1);
    private static readonly string Key = CacheNamespace.Default.Scope("key");

    private readonly SteppedTime _time = new();
    private int _asked;

    [Fact]
    public async Task Abandon_WhoseFirstAnswerIsLost_CountsAsDone_ThoughTheGrainKnowsNoSuchToken()
    {
        Assert.True(await Abandon(() => Task.FromException<bool?>(new TimeoutException())));
        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task Abandon_OfATokenThatNeitherKnows_IsRefused()
    {
        Assert.False(await Abandon(() => Task.FromResult<bool?>(null)));
        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task Abandon_ThatItsSiloRefuses_IsRefused()
    {
        Assert.False(await Abandon(() => Task.FromResult<bool?>(false)));
        Assert.Equal(0, _asked);
    }

    /// <param name="there">What the silo of the entry answers. Its grain knows no such token.</param>
    private async Task<bool> Abandon(Func<Task<bool?>> there)
    {
        var factory = Proxy<IGrainFactory>((_, args) => args[0] is GrainId ? Proxy<IBatchService>((_, _) => new ValueTask<bool?>(there())) : new Endpoints());
        using var reachability = new Reachability(_time, NullLogger<Reachability>.Instance);
        var protocol = new ProtocolCheck(ProtocolVersions.OfThisBuild, factory, reachability, _time, NullLogger<ProtocolCheck>.Instance);
        var endpoints = new SiloEndpoints(factory, protocol, new Identities(), _time, NullLogger<SiloEndpoints>.Instance);
        await Waits.Advance(_time, TimeSpan.FromMilliseconds(1), () => endpoints.Find(Key) is not null);
        var grain = Proxy<IEntryGrain>((_, _) =>
        {
            _asked++;
            return new ValueTask<bool>(false);
        });
        return await new EntryClient(new OneEntry(grain), endpoints, reachability, _time).TryAbandon(Key, new(Guid.NewGuid())).Soon();
    }

    private static T Proxy<T>(Func<MethodInfo, object?[], object> answer)
        where T : class
    {
        var proxy = DispatchProxy.Create<T, Answering>();
        ((Answering)(object)proxy).Answer = answer;
        return proxy;
    }

    private sealed class Endpoints : IEndpointsGrain
    {
        public ValueTask<EndpointAddress[]> Find(string? name = null, ProtocolVersions? versions = null) => new([new(Silo, GrainId.Create("service", "one"), null)]);
    }

    private sealed class Identities : IEndpointResolver
    {
        ValueTask<IEnumerable<(SiloAddress Silo, GrainId Identity)>> IEndpointResolver.Identities(EndpointAddress[] endpoints) => new(endpoints.Select(endpoint => (endpoint.Silo, endpoint.Identity)));
    }

    private sealed class OneEntry(IEntryGrain entry) : IEntryGrains
    {
        public IEntryGrain this[string scopedKey] => entry;
    }

#pragma warning disable CA1852 // The proxies derive from it.
    internal class Answering : DispatchProxy
    {
        public Func<MethodInfo, object?[], object> Answer { get; set; } = null!;

        protected override object Invoke(MethodInfo? targetMethod, object?[]? args) => Answer(targetMethod!, args!);
    }
#pragma warning restore CA1852
}
