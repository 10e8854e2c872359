using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Contracts;
using OrleansTagCache.Loaders;
using OrleansTagCache.Names;
using OrleansTagCache.Tasks;
using OrleansTagCache.Transport;

namespace OrleansTagCache.WarmUps;

/// <summary>Offers this process's warm-ups to the cluster, and lists their keys when it asks.</summary>
/// <remarks>Thread-safe. It says what it offers again and again, as <see cref="LoaderRunner"/> does.</remarks>
internal sealed partial class WarmUpRunner : IWarmUpSource, IHostedService, IDisposable
{
    private static readonly TimeSpan AnnouncePeriod = TimeSpan.FromSeconds(1);

    /// <summary>How long the arguments may take to be listed.</summary>
    private static readonly TimeSpan LongestQuery = TimeSpan.FromMinutes(10);

    /// <summary>All keys are sent in one message, and kept in one record: so many UTF-16 units.</summary>
    private const int MaximumUnits = 4 * 1024 * 1024;

    private readonly Dictionary<string, (CacheNamespace Namespace, WarmUpRegistration WarmUp)> _warmUps = new(StringComparer.Ordinal);
    private readonly IServiceProvider _services;
    private readonly IGrainFactory _grains;
    private readonly Reachability _reachability;
    private readonly int _keyLength;
    private readonly TimeProvider _time;
    private readonly ILogger<WarmUpRunner> _logger;
    private readonly CancellationTokenSource _stop = new();
    private IWarmUpSource? _self;
    private Task _announcing = Task.CompletedTask;

    public WarmUpRunner(
        IEnumerable<WarmUpRegistration> ofCode,
        IServiceProvider services,
        IGrainFactory grains,
        Reachability reachability,
        TagCacheClientOptions options,
        TimeProvider time,
        ILogger<WarmUpRunner> logger)
    {
        (_services, _grains, _reachability, _keyLength, _time, _logger) = (services, grains, reachability, options.MaximumKeyLength, time, logger);
        foreach (var warmUp in ofCode.Concat(services.GetService<ConfiguredWarmUps>()?.OfSettings ?? []))
        {
            var ns = CacheNamespace.Parse(warmUp.Namespace ?? options.Namespace);
            if (!_warmUps.TryAdd(ns.Scope(warmUp.Name), (ns, warmUp)))
            {
                throw new ArgumentException($"The warm-up '{warmUp.Name}' is in the settings and in code: a process has one of a name.", nameof(ofCode));
            }
        }
    }

    public async Task<WarmUpKeys> List(string ns, string name)
    {
        if (!_warmUps.TryGetValue(CacheNamespace.Parse(ns).Scope(name), out var found))
        {
            return new([], AreAll: true, HasFailed: true);
        }

        using var limit = new CancellationTokenSource(LongestQuery, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stop.Token);
        try
        {
            // Not on the caller's scheduler: whatever the query does, it holds up no other work.
            return await Task.Run(() => List(found.WarmUp, either.Token), either.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            LogNotListed(exception, name);
            return new([], AreAll: true, HasFailed: true);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (_warmUps.Count > 0)
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

    public void Dispose() => _stop.End();

    private async Task<WarmUpKeys> List(WarmUpRegistration warmUp, CancellationToken cancellationToken)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        var (units, unfit, areAll) = (0, 0, true);
        var scope = _services.CreateAsyncScope();
        await using var ended = scope.ConfigureAwait(false);
        await foreach (var argument in warmUp.Arguments(scope.ServiceProvider, cancellationToken).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            var key = warmUp.Loader.KeyOf(argument ?? string.Empty);
            if (NameRules.Fault("key", key, _keyLength) is not null)
            {
                unfit++;
            }
            else if (keys.Count >= warmUp.Options.MaximumKeys || units + key.Length > MaximumUnits)
            {
                if (!keys.Contains(key))
                {
                    areAll = false;
                    break;
                }
            }
            else if (keys.Add(key))
            {
                units += key.Length;
            }
        }

        if (!areAll)
        {
            LogTooMany(warmUp.Name, keys.Count, warmUp.Options.MaximumKeys);
        }

        if (unfit > 0)
        {
            LogUnfit(warmUp.Name, unfit);
        }

        return new([.. keys], areAll, HasFailed: false);
    }

    private async Task Announce()
    {
        await BackgroundLoop.Loop(
            async () =>
            {
                await Task.WhenAll(_warmUps.Select(offered => Tell(offered.Key, (grain, self) => grain.Offer(self, offered.Value.WarmUp.Terms, LoaderRunner.Lease)))).ConfigureAwait(false);
                await Task.Delay(AnnouncePeriod, _time, _stop.Token).ConfigureAwait(false);
                return true;
            },
            LogNotTold,
            _time,
            _stop.Token).ConfigureAwait(false);
        await Task.WhenAll(_warmUps.Keys.Select(name => Tell(name, (grain, self) => grain.Withdraw(self)))).ConfigureAwait(false);
    }

    private async Task Tell(string scopedName, Func<IWarmUpGrain, IWarmUpSource, ValueTask> say)
    {
        if (!_reachability.IsConnected)
        {
            return;
        }

        try
        {
            _self ??= _grains.CreateObjectReference<IWarmUpSource>(this);
            await say(_grains.GetGrain<IWarmUpGrain>(scopedName), _self).AsTask().WaitAsync(AnnouncePeriod, _time).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            LogNotTold(exception);
        }
    }

    [LoggerMessage(2411, LogLevel.Warning, "The warm-up '{Name}' has more arguments than it may fill: the first {Count} are filled (MaximumKeys is {Maximum}; the keys may have 4,194,304 UTF-16 units in all)")]
    private partial void LogTooMany(string name, int count, int maximum);

    [LoggerMessage(2412, LogLevel.Warning, "The warm-up '{Name}' has {Count} arguments that make no key: too long, or with control characters. They are left out")]
    private partial void LogUnfit(string name, int count);

    [LoggerMessage(2413, LogLevel.Warning, "The arguments of the warm-up '{Name}' could not be listed; they are asked for again, after longer and longer pauses of up to a minute")]
    private partial void LogNotListed(Exception exception, string name);

    [LoggerMessage(2414, LogLevel.Debug, "The cluster was not told which warm-ups this process offers; the next announcement follows")]
    private partial void LogNotTold(Exception exception);
}
