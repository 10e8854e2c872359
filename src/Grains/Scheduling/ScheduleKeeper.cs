using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Contracts;
using OrleansTagCache.Membership;
using OrleansTagCache.Names;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Scheduling;

/// <summary>Keeps the schedules of this silo's options alive in the cluster: tells their grains again and again that they are wanted, and what is known of how far they are.</summary>
/// <remarks>One loop, which nothing else touches.</remarks>
internal sealed partial class ScheduleKeeper : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    /// <summary>How often it says so: a schedule whose silo has died is taken up by then.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();
    private readonly IGrainFactory _grains;
    private readonly ServingLease _lease;
    private readonly TimeProvider _time;
    private readonly ILogger<ScheduleKeeper> _logger;
    private readonly (string Key, ScheduleTerms Terms)[] _schedules;
    private readonly Dictionary<string, DateTimeOffset> _reached = [];
    private Task _loop = Task.CompletedTask;

    public ScheduleKeeper(TagCacheOptions options, IGrainFactory grains, ServingLease lease, TimeProvider time, ILogger<ScheduleKeeper> logger)
    {
        (_grains, _lease, _time, _logger) = (grains, lease, time, logger);
        var profiles = new CacheLifeProfiles(options.Profiles);
        _schedules = [.. options.Schedules.Select(schedule => Of(schedule.Key, schedule.Value, options.Namespace, profiles))];
    }

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(ScheduleKeeper), ServiceLifecycleStage.Active, Start, Stop);

    public void Dispose() => _stop.End();

    /// <summary>The identity of a schedule, and what it does.</summary>
    public static (string Key, ScheduleTerms Terms) Of(string name, TagScheduleOptions schedule, string ownNamespace, CacheLifeProfiles profiles)
    {
        var ns = CacheNamespace.Parse(schedule.Namespace ?? ownNamespace);
        var terms = new ScheduleTerms(
            name,
            [.. TagSet.ForCall(schedule.Tags).Select(tag => TagId.OfTag(ns, tag))],
            schedule.Cron,
            schedule.TimeZone,
            schedule.Action == ScheduledAction.Update ? null : profiles.Named(schedule.Profile ?? "max", nameof(schedule.Profile)).Expire,
            schedule.Missed == MissedRuns.Skip);
        var text = JsonSerializer.SerializeToUtf8Bytes<object?[]>([schedule.Tags, terms.Cron, terms.TimeZone, terms.StaleFor, terms.SkipsMissed]);
        return (ns.Scope($"{name}:{Convert.ToHexStringLower(SHA256.HashData(text).AsSpan(0, 16))}"), terms);
    }

    /// <summary>The first schedules of a namespace, in ordinal order.</summary>
    /// <remarks>Any thread may call it.</remarks>
    public ScheduleReport[] Describe(CacheNamespace ns, int limit) =>
        [.. _schedules.Where(schedule => CacheNamespace.Of(schedule.Key) == ns).OrderBy(schedule => schedule.Key, StringComparer.Ordinal).Take(limit).Select(schedule => new ScheduleReport(schedule.Key, schedule.Terms))];

    private Task Start(CancellationToken cancellationToken)
    {
        if (_schedules.Length > 0)
        {
            _loop = Task.Run(() => BackgroundLoop.Loop(Round, LogNotKept, _time, _stop.Token), CancellationToken.None);
        }

        return Task.CompletedTask;
    }

    private async Task Stop(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _loop.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<bool> Round()
    {
        if (_lease.IsValid())
        {
            await Task.WhenAll(_schedules.Select(schedule => Keep(schedule.Key, schedule.Terms))).ConfigureAwait(false);
        }

        await Task.Delay(Period, _time, _stop.Token).ConfigureAwait(false);
        return true;
    }

    private async Task Keep(string key, ScheduleTerms terms)
    {
        try
        {
            DateTimeOffset? known;
            lock (_reached)
            {
                known = _reached.TryGetValue(key, out var before) ? before : null;
            }

            if (await _grains.GetGrain<IScheduleGrain>(key).Keep(terms, known) is { } reached)
            {
                lock (_reached)
                {
                    _reached[key] = reached;
                }
            }
        }
        catch (Exception exception)
        {
            LogNotKept(exception);
        }
    }

    [LoggerMessage(4004, LogLevel.Debug, "A schedule could not be told that it is wanted; it is told again")]
    private partial void LogNotKept(Exception exception);
}
