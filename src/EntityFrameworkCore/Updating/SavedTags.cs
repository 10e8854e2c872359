using System.Runtime.CompilerServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTagCache.Diagnostics;

namespace OrleansTagCache.Updating;

/// <summary>
/// The cache as saves use it: each call is within a server action, since saving is one, and may name any number of tags. Tags of committed transactions whose update was not confirmed are kept here, and updated again
/// and again until it is, as long as the process lives.
/// </summary>
/// <remarks>Thread-safe; one a cache.</remarks>
internal sealed partial class SavedTags
{
    /// <summary>After the first attempt that failed; doubled up to the longest.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>How many tags may wait; beyond, everything is updated.</summary>
    private const int MostPending = 10_000;

    private static readonly ConditionalWeakTable<ITagCache, SavedTags> Known = [];
    private static readonly ConditionalWeakTable<ITagCache, SavedTags> WithoutServices = [];

    private readonly Lock _lock = new();
    private readonly HashSet<string> _pending = new(StringComparer.Ordinal);
    private readonly ITagCache _cache;
    private readonly CancellationToken _stop;
    private bool _isUpdating;

    private SavedTags(ITagCache cache, IServiceProvider? services)
    {
        _cache = cache;
        Log = ((ILoggerFactory?)services?.GetService(typeof(ILoggerFactory)))?.CreateLogger("OrleansTagCache.EntityFrameworkCore") ?? NullLogger.Instance;
        Time = (TimeProvider?)services?.GetService(typeof(TimeProvider)) ?? TimeProvider.System;
        Metrics = new((System.Diagnostics.Metrics.IMeterFactory?)services?.GetService(typeof(System.Diagnostics.Metrics.IMeterFactory)), () => PendingCount);
        _stop = ((IHostApplicationLifetime?)services?.GetService(typeof(IHostApplicationLifetime)))?.ApplicationStopped ?? CancellationToken.None;
    }

    public ILogger Log { get; }

    public SaveMetrics Metrics { get; }

    public TimeProvider Time { get; }

    /// <summary>How many tags wait to be updated.</summary>
    public int PendingCount
    {
        get
        {
            lock (_lock)
            {
                return _pending.Count;
            }
        }
    }

    /// <summary>Of a cache; the services of the first call count.</summary>
    public static SavedTags Of(ITagCache cache, IServiceProvider? services) =>
        (services is null ? WithoutServices : Known).GetValue(cache, of => new(of, services));

    /// <summary>One hold of at most 128 tags.</summary>
    public async Task<ITagHold> Hold(string[] tags, TimeSpan atMost, CancellationToken cancellationToken)
    {
        using (ServerAction.Begin())
        {
            return await _cache.HoldAsync(tags, atMost, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ends a hold after its commit.</summary>
    public static async Task<bool> Release(ITagHold hold)
    {
        using (ServerAction.Begin())
        {
            return await hold.ReleaseAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Updates any number of tags, side by side.</summary>
    public async Task Update(IReadOnlyCollection<string> tags, CancellationToken cancellationToken = default)
    {
        using (ServerAction.Begin())
        {
            await Task.WhenAll(tags.Chunk(NameLimits.TagsPerCall).Select(some => _cache.UpdateTagsAsync(some, cancellationToken).AsTask())).ConfigureAwait(false);
        }
    }

    /// <summary>Updates tags in the background until it has succeeded.</summary>
    public void UpdateLater(IEnumerable<string> tags)
    {
        lock (_lock)
        {
            _pending.UnionWith(tags);
            if (_pending.Count > MostPending)
            {
                _pending.Clear();
                _pending.Add("*");
            }

            if (_isUpdating)
            {
                return;
            }

            _isUpdating = true;
        }

        _ = Tasks.DetachedTask.Run(UpdatePending);
    }

    /// <summary>Updates tags now, and once more after a time: a commit whose outcome is not known may come until then.</summary>
    public void UpdateNowAndAfter(string[] tags, TimeSpan time)
    {
        UpdateLater(tags);
        _ = Tasks.DetachedTask.Run(async () =>
        {
            if (await Rest(time).ConfigureAwait(false))
            {
                UpdateLater(tags);
            }
        });
    }

    private async Task UpdatePending()
    {
        var pause = FirstPause;
        while (TakePending() is { Length: > 0 } tags)
        {
            try
            {
                await Update(tags, _stop).ConfigureAwait(false);
                LogUpdated(Log);
                pause = FirstPause;
            }
            catch (Exception exception)
            {
                LogStillNotUpdated(Log, exception);
                PutBack(tags);
                if (!await Rest(pause).ConfigureAwait(false))
                {
                    return;
                }

                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    private string[] TakePending()
    {
        lock (_lock)
        {
            string[] tags = [.. _pending];
            _pending.Clear();
            _isUpdating = tags.Length > 0;
            return tags;
        }
    }

    private void PutBack(string[] tags)
    {
        lock (_lock)
        {
            _pending.UnionWith(tags);
        }
    }

    /// <summary>False if the process ends.</summary>
    private async Task<bool> Rest(TimeSpan time)
    {
        try
        {
            await Task.Delay(time, Time, _stop).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(11005, LogLevel.Information, "The tags of committed transactions are updated now")]
    private static partial void LogUpdated(ILogger log);

    [LoggerMessage(11009, LogLevel.Debug, "The tags of committed transactions could not be updated yet")]
    private static partial void LogStillNotUpdated(ILogger log, Exception exception);
}
