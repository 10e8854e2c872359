using Orleans.Concurrency;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Loaders;

/// <summary>Knows which processes offer one loader. Each of them says so again and again, so that nothing is lost for long with this activation.</summary>
/// <remarks>Reentrant: runners are changed and read in one turn each; a load is not waited for by anybody else.</remarks>
[Reentrant, ThroughAnyGateway, GrainType("otc.loader")]
internal sealed class LoaderGrain(LoaderCalls calls, TimeProvider time) : Grain, ILoaderGrain
{
    private readonly Dictionary<ILoaderRunner, Moment> _until = [];
    private readonly Moment _bornAt = time.Now();

    public ValueTask Announce(ILoaderRunner runner, TimeSpan lease)
    {
        _until[runner] = time.Now() + lease;
        CacheEvents.Write(CacheEvent.LoaderOffered, this);
        return default;
    }

    public ValueTask Withdraw(ILoaderRunner runner)
    {
        _until.Remove(runner);
        return default;
    }

    public ValueTask<LoaderRunners> Runners()
    {
        var now = time.Now();
        foreach (var gone in _until.Where(runner => runner.Value <= now).ToList())
        {
            _until.Remove(gone.Key);
        }

        return new(new LoaderRunners([.. _until.Keys], now - _bornAt > LoaderRunner.Lease));
    }

    public async ValueTask<LoadOutcome> Load(LoadRequest request) => await calls.Load(request, CancellationToken.None);
}
