using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Timers;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Membership;
using OrleansTagCache.Names;
using OrleansTagCache.Ownership;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Refreshing;

/// <summary>What the refresh jobs of a silo share: the other silos, and the reminders.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed partial class RefreshJobServices
{
    private readonly IReminderRegistry? _reminders;
    private readonly Members _membership;
    private readonly IPeers _peers;
    private readonly Owners _owners;
    private readonly IGrainFactory _grains;
    private readonly SiloAddress _self;
    private readonly TimeSpan _period;
    private readonly ILogger<RefreshJobServices> _logger;
    private int _hasWarned;

    public RefreshJobServices(
        IServiceProvider services,
        Members membership,
        IPeers peers,
        Owners owners,
        IGrainFactory grains,
        ILocalSiloDetails self,
        TagCacheOptions options,
        RefreshMetrics metrics,
        TimeProvider time,
        ILogger<RefreshJobServices> logger)
    {
        // A host that has not chosen where reminders are kept has none.
        _reminders = services.GetService<IReminderRegistry>();
        (_membership, _peers, _owners, _grains, _self, _period, _logger) = (membership, peers, owners, grains, self.SiloAddress, options.RefreshReminderPeriod, logger);
        (Metrics, Time) = (metrics, time);
    }

    public RefreshMetrics Metrics { get; }

    public TimeProvider Time { get; }

    public Moment Now => Time.Now();

    public TimeSpan ReminderPeriod => _period;

    /// <summary>This silo's address.</summary>
    public string Self => _self.ToString();

    /// <summary>Whether no silo is dead whose lease may not be over.</summary>
    public bool IsWaitedOut => _membership.IsWaitedOut;

    /// <summary>The silos whose entries may be served, by their addresses: a dead one until its lease is over.</summary>
    public HashSet<string> Alive() => [.. Silos().Select(silo => silo.ToString())];

    /// <summary>The silo that an entry belongs to, by its address.</summary>
    public string OwnerOf(string scopedKey) => (_owners.Silos.OwnerOf(scopedKey) ?? _self).ToString();

    /// <summary>Tells a warm-up that its job is over.</summary>
    public async Task FillEnded(TagId job, WarmUpMark mark) => await _grains.GetGrain<IWarmUpGrain>(WarmUpJob.WarmUpOf(job)).Ended(mark);

    /// <summary>What is to be refreshed, of each silo, and whether that is all.</summary>
    public async Task<(PlannedBatch[] Collected, bool IsComplete)> Collect(TagId tag)
    {
        var silos = Silos();
        var answers = await Task.WhenAll(silos.Select(Ask));
        return ([.. answers.OfType<(PlannedBatch Work, bool AreAll)>().Select(answer => answer.Work)], answers.All(answer => answer is { AreAll: true }));

        async Task<(PlannedBatch Work, bool AreAll)?> Ask(SiloAddress silo)
        {
            try
            {
                var stale = await _peers.On(silo).StaleLoaded(tag);
                return (new(silo.ToString(), stale.Keys), stale.AreAll);
            }
            catch (Exception exception)
            {
                LogNotAsked(exception, silo);
                return null;
            }
        }
    }

    /// <summary>Tells every silo that there may be work. One that does not hear it is told again.</summary>
    public void Poke(TagId tag)
    {
        foreach (var silo in Silos())
        {
            _ = Tell(silo);
        }

        async Task Tell(SiloAddress silo)
        {
            try
            {
                await _peers.On(silo).Refresh(tag);
            }
            catch (Exception exception)
            {
                LogNotAsked(exception, silo);
            }
        }
    }

    public async Task Remind(IGrainBase grain, string name)
    {
        if (_reminders is not null)
        {
            await _reminders.RegisterOrUpdateReminder(grain.GrainContext.GrainId, name, _period, _period);
        }
        else if (Interlocked.Exchange(ref _hasWarned, 1) == 0)
        {
            LogNoReminders();
        }
    }

    public async Task ForgetReminder(IGrainBase grain, string name)
    {
        if (_reminders is not null && await _reminders.GetReminder(grain.GrainContext.GrainId, name) is { } reminder)
        {
            await _reminders.UnregisterReminder(grain.GrainContext.GrainId, reminder);
        }
    }

    private SiloAddress[] Silos() => [_self, .. _membership.Others];

    [LoggerMessage(3711, LogLevel.Debug, "Silo {Silo} could not be asked about a refresh")]
    private partial void LogNotAsked(Exception exception, SiloAddress silo);

    [LoggerMessage(3712, LogLevel.Warning, "This silo has no reminder service: refreshes that a crash interrupts are not taken up again. Configure one, such as UseRedisReminderService")]
    private partial void LogNoReminders();
}
