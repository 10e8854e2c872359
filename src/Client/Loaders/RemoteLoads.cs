using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Loaders;

/// <summary>Loads that other processes run.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class RemoteLoads(IGrainFactory grains, Reachability reachability, TimeProvider time)
{
    /// <summary>Has a loader run in some process that offers it.</summary>
    /// <exception cref="TagCacheException">No process offers it, it failed, or the cluster could not be reached.</exception>
    public async Task<LoadOutcome> Load(string scopedLoader, LoadRequest request, CancellationToken cancellationToken)
    {
        if (reachability.WhyNot("load") is { } notConnected)
        {
            throw notConnected;
        }

        using var wait = new CallWait("load", request.Limit, reachability, endpoints: null, time);
        LoadOutcome outcome;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, reachability.Closed);
        try
        {
            wait.Tries();
            outcome = await grains.GetGrain<ILoaderGrain>(scopedLoader).Load(request with { Trace = Tracing.Parent }).AsTask().WaitAsync(request.Limit, time, either.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TagCacheUnavailableException("The process that runs the loader did not answer.", exception) { Code = CacheErrorCodes.LoadUnanswered, Report = wait.Report() };
        }

        return outcome.Status switch
        {
            LoadStatus.Loaded => outcome,
            LoadStatus.NoRunner => throw new TagCacheException("No process of the cluster offers this loader. Add it with AddLoader to a silo or a client that is running.") { Code = CacheErrorCodes.NoLoader },
            _ => throw new TagCacheException($"The loader failed in the process that runs it. {outcome.Fault}") { Code = CacheErrorCodes.LoadFailed },
        };
    }
}
