using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Refreshing;

namespace OrleansTagCache.WarmUps;

/// <summary>
/// Begins one warm-up when the cluster is cold.
///
/// <para><b>Cold.</b> Each silo remembers in memory that the warm-up was done, as long as it lives; one that joins is told. The cluster is cold if none of its silos remembers: then none is there that was when it was
/// filled. So a deploy that replaces one silo after the other repeats nothing, and a cluster that was stopped begins anew.</para>
///
/// <para><b>The work</b> is a job like that of a refresh (<see cref="RefreshJobGrain"/>): in storage, with a reminder, and each load a generation under a token. What is fresh is skipped, so a warm-up that is begun twice, since
/// its silo died between two steps, costs looks.</para>
/// </summary>
/// <remarks>Reentrant: offers are taken in one turn each. <see cref="_isLooking"/> makes looks follow each other.</remarks>
[Reentrant, ThroughAnyGateway, CollectionAgeLimit(Minutes = 2), GrainType("otc.warmup")]
internal sealed partial class WarmUpGrain(WarmUpGrainServices services, ILogger<WarmUpGrain> logger) : Grain, IWarmUpGrain
{
    /// <summary>How long silos must neither have come nor gone before anything is begun: those of a cluster that starts are to share the work.</summary>
    private static readonly TimeSpan SettlingTime = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly Dictionary<IWarmUpSource, (Moment Until, WarmUpTerms Terms)> _offers = [];
    private HashSet<string> _silos = [];
    private Moment _notBefore = Moment.Past;
    private TimeSpan _pause = LookPeriod;
    private WarmUpMark? _mark;
    private bool _isTold;
    private bool _isLooking;

    private string Name => this.GetPrimaryKeyString();

    private IRefreshJobGrain Job => GrainFactory.GetGrain<IRefreshJobGrain>(WarmUpJob.Of(Name));

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        this.RegisterGrainTimer(Tick, new() { DueTime = LookPeriod, Period = LookPeriod, Interleave = true });
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        services.Memory.Offered(Name, null);
        return Task.CompletedTask;
    }

    public ValueTask Offer(IWarmUpSource source, WarmUpTerms terms, TimeSpan lease)
    {
        _offers[source] = (services.Now + lease, terms);
        return default;
    }

    public ValueTask Withdraw(IWarmUpSource source)
    {
        _offers.Remove(source);
        return default;
    }

    public async ValueTask Ended(WarmUpMark mark)
    {
        if (_mark is not { IsDone: true } || _mark.Run != mark.Run)
        {
            _mark = mark;
            services.Metrics.OnEnded(mark);
            LogEnded(Name, mark.Filled, mark.Skipped, mark.Failed, mark.NoRoom);
        }

        // Before the job is gone: an activation that found neither would begin again.
        _isTold = (await services.Ask(Name, _mark)).IsComplete;
        CacheEvents.Write(CacheEvent.WarmUpLooked, this);
    }

    private async Task Tick()
    {
        if (_isLooking)
        {
            return;
        }

        _isLooking = true;
        try
        {
            await Look();
        }
        catch (Exception exception)
        {
            Rest();
            LogInterrupted(exception);
        }
        finally
        {
            _isLooking = false;
            CacheEvents.Write(CacheEvent.WarmUpLooked, this);
        }
    }

    private async Task Look()
    {
        foreach (var gone in _offers.Where(offer => offer.Value.Until <= services.Now).ToList())
        {
            _offers.Remove(gone.Key);
        }

        services.Memory.Offered(Name, _offers.Count == 0 ? null : _offers.First().Value.Terms.Loader);
        var alive = services.Alive();
        if (!alive.SetEquals(_silos))
        {
            (_silos, _notBefore, _isTold) = (alive, services.Now + SettlingTime, false);
        }

        if (_isTold || _offers.Count == 0 || !services.IsReady)
        {
            return;
        }

        // One that comes is told at once: those who know may go next.
        var (done, isComplete) = await services.Ask(Name, _mark);
        _mark = done ?? _mark;
        if (_mark is { IsDone: true })
        {
            _isTold = (await services.Ask(Name, _mark)).IsComplete && services.Alive().SetEquals(_silos);
        }
        else if (isComplete && services.Now >= _notBefore && await Job.Describe() is null)
        {
            await Begin();
        }
    }

    private async Task Begin()
    {
        var (source, (_, terms)) = _offers.First();
        var (ns, name) = CacheNamespace.Split(Name);
        if ((await GrainFactory.GetGrain<ILoaderGrain>(ns.Scope(terms.Loader)).Runners()).Processes.Length == 0)
        {
            // Its processes may come later than the silos: it is looked for at each look.
            return;
        }

        if (await List(source, ns, name) is not { HasFailed: false } listed)
        {
            _offers.Remove(source);
            Rest();
            return;
        }

        _pause = LookPeriod;
        _mark = new(Guid.NewGuid(), IsDone: false, Begun: services.Time.GetUtcNow(), Loader: terms.Loader);
        LogBegun(Name, listed.Keys.Length, _silos.Count);
        if (listed.Keys.Length == 0)
        {
            await Ended(_mark with { IsDone = true, Ended = _mark.Begun });
            return;
        }

        await Job.Fill(new(_mark.Run, Array.ConvertAll(listed.Keys, ns.Scope), terms));
        await services.Ask(Name, _mark);
    }

    /// <summary>Waits for the process for as long as it says that it is there.</summary>
    private async Task<WarmUpKeys?> List(IWarmUpSource source, CacheNamespace ns, string name)
    {
        var call = source.List(ns.Value, name);
        while (await Task.WhenAny(call, Task.Delay(LookPeriod, services.Time)) != call)
        {
            if (!_offers.TryGetValue(source, out var offer) || offer.Until <= services.Now)
            {
                return null;
            }
        }

        return await call;
    }

    private void Rest() => (_notBefore, _pause) = (services.Now + _pause, _pause * 2 < LongestPause ? _pause * 2 : LongestPause);

    [LoggerMessage(4011, LogLevel.Information, "The warm-up {Name} begins: {Keys} keys, on {Silos} silos")]
    private partial void LogBegun(string name, int keys, int silos);

    [LoggerMessage(4012, LogLevel.Information, "The warm-up {Name} is over: {Filled} filled, {Skipped} there already, {Failed} given up, {NoRoom} left out since their silos are full enough")]
    private partial void LogEnded(string name, int filled, int skipped, int failed, int noRoom);

    [LoggerMessage(4013, LogLevel.Warning, "A warm-up could not be begun; it is tried again")]
    private partial void LogInterrupted(Exception exception);
}
