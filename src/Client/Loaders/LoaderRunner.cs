using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Contracts;
using OrleansTagCache.Flights;
using OrleansTagCache.Listeners;
using OrleansTagCache.Names;
using OrleansTagCache.Tasks;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Loaders;

/// <summary>Offers this process's loaders to the cluster, and runs them for it: so many at a time.</summary>
/// <remarks>Thread-safe. It says what it offers again and again, so that no silo's death takes the offer with it.</remarks>
internal sealed partial class LoaderRunner : ILoaderRunner, IHostedService, IDisposable
{
    /// <summary>How long an offer holds. Who has not said so again by then is gone.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan AnnouncePeriod = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, LoaderTable> _tables;
    private readonly IGrainFactory _grains;
    private readonly Reachability _reachability;
    private readonly CacheListeners _listeners;
    private readonly TimeProvider _time;
    private readonly ILogger<LoaderRunner> _logger;
    private readonly SemaphoreSlim _turns;
    private readonly CancellationTokenSource _stop = new();
    private ILoaderRunner? _self;
    private Task _announcing = Task.CompletedTask;

    public LoaderRunner(
        IReadOnlyCollection<LoaderTable> tables, IGrainFactory grains, Reachability reachability, CacheListeners listeners, TagCacheClientOptions options, TimeProvider time, ILogger<LoaderRunner> logger)
    {
        _tables = tables.ToDictionary(table => table.Namespace.Value, StringComparer.Ordinal);
        (_grains, _reachability, _listeners, _time, _logger) = (grains, reachability, listeners, time, logger);
        _turns = new(options.MaximumBackgroundRefreshes);
    }

    /// <summary>The loaders of all namespaces of this process.</summary>
    private IEnumerable<string> Offered => _tables.Values.SelectMany(table => table.Names.Select(name => table.Namespace.Scope(name.Value)));

    /// <summary>Whether this process can load that.</summary>
    public bool Offers(LoadRequest request) => _tables.TryGetValue(request.Namespace, out var table) && table.Has(LoaderName.Split(request.Key).Name);

    public async Task<LoadOutcome> Load(LoadRequest request)
    {
        if (!Offers(request))
        {
            return LoadOutcome.NoRunner;
        }

        using var limit = new CancellationTokenSource(request.Limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stop.Token);
        try
        {
            await _turns.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Too much to do, or about to stop: that is no failure of the loader.
            return LoadOutcome.NoRunner;
        }

        try
        {
            // Not on the caller's scheduler, which may be a grain's: whatever the loader does, it holds up no other work.
            return await Task.Run(() => Load(request, either.Token), either.Token).ConfigureAwait(false);
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            return LoadOutcome.NoRunner;
        }
        catch (Exception exception)
        {
            LogFailed(exception);
            return LoadOutcome.Failed(exception is TimeoutException ? exception.Message : $"It threw {exception.GetType().Name}.");
        }
        finally
        {
            _turns.Release();
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (Offered.Any())
        {
            _announcing = Task.Run(Announce, CancellationToken.None);
        }

        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _announcing.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose()
    {
        _stop.End();
        _turns.Dispose();
    }

    private async Task<LoadOutcome> Load(LoadRequest request, CancellationToken cancellationToken)
    {
        var (name, argument) = LoaderName.Split(request.Key);
        var (table, scopedKey) = (_tables[request.Namespace], CacheNamespace.Parse(request.Namespace).Scope(request.Key));
        var made = await Factories.Run(_listeners, scopedKey, table.FactoryOf(name, argument), table.Codec.Decode(scopedKey, request.Stale), _time, cancellationToken, request.Trace).ConfigureAwait(false);
        return made switch
        {
            { WhyNotStored: { } why } => LoadOutcome.Failed(why),
            _ => new(LoadStatus.Loaded, table.Codec.Encode(scopedKey, made.Entry), IsForStoring: !made.IsUnwanted),
        };
    }

    private async Task Announce()
    {
        await BackgroundLoop.Loop(
            async () =>
            {
                await Task.WhenAll(Offered.Select(loader => Tell(loader, (grain, self) => grain.Announce(self, Lease)))).ConfigureAwait(false);
                await Task.Delay(AnnouncePeriod, _time, _stop.Token).ConfigureAwait(false);
                return true;
            },
            LogNotTold,
            _time,
            _stop.Token).ConfigureAwait(false);
        await Task.WhenAll(Offered.Select(loader => Tell(loader, (grain, self) => grain.Withdraw(self)))).ConfigureAwait(false);
    }

    private async Task Tell(string scopedLoader, Func<ILoaderGrain, ILoaderRunner, ValueTask> say)
    {
        if (!_reachability.IsConnected)
        {
            return;
        }

        try
        {
            _self ??= _grains.CreateObjectReference<ILoaderRunner>(this);
            await say(_grains.GetGrain<ILoaderGrain>(scopedLoader), _self).AsTask().WaitAsync(AnnouncePeriod, _time).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            LogNotTold(exception);
        }
    }

    [LoggerMessage(2401, LogLevel.Warning, "A loader that the cluster had asked for failed")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(2402, LogLevel.Debug, "The cluster was not told which loaders this process offers; the next announcement follows")]
    private partial void LogNotTold(Exception exception);
}
