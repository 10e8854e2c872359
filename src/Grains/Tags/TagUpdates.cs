using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Invalidation;
using OrleansTagCache.Names;
using OrleansTagCache.Tasks;
using OrleansTagCache.Views;

namespace OrleansTagCache.Tags;

/// <summary>
/// The updates of the tags that belong to this silo: concurrent ones are coalesced by tag and kind and handed to the silo's invalidator, and what a revalidation made stale
/// is refreshed. It lives beside the grains, as entries do: a tag that was not updated lately costs an update no activation.
/// </summary>
/// <remarks>
/// Thread-safe. Two silos may both take a tag for theirs for a moment: each of their updates reaches every silo. Of a tag it keeps how its last revalidation ended, for callers
/// who have not heard, and forgets it soon after; a timer runs only while there is something to forget.
/// </remarks>
internal sealed partial class TagUpdates : IDisposable
{
    /// <summary>How long one attempt of the fan-out waits; shorter than the call's own time-out, so that the caller hears why and tries again.</summary>
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long the last complete revalidation of a tag is remembered: its callers have heard of it by then, through another gateway should one have been lost. Updates are not, since repeating
    /// one is harmless.
    /// </summary>
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(10);

    private readonly Invalidator _invalidator;
    private readonly AllSilos _silos;
    private readonly IGrainFactory _grains;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<UpdateKind, UpdateCoalescer> _coalescers = [];
    private readonly OnDemandTimer _forgetting;

    public TagUpdates(Invalidator invalidator, AllSilos silos, IGrainFactory grains, TimeProvider time, ILogger<TagUpdates> logger)
    {
        (_invalidator, _silos, _grains, _time) = (invalidator, silos, grains, time);
        _forgetting = new(Memory, ForgetIdle, failed => LogNotForgotten(logger, failed), time);
    }

    /// <summary>How many kinds of updates of tags are on their way or remembered.</summary>
    public int Count => _coalescers.Count;

    /// <summary>Updates or revalidates, as <see cref="ITagGrain.Update"/>. It runs on no caller's thread or scheduler.</summary>
    public async Task<UpdateOutcome> Update(string scopedTag, UpdateRequest request, Guid requestId)
    {
        await PoolYield.Go();
        if (request.Match == TagMatch.All)
        {
            request = UpdateRequest.OfAll(request.Tags, request.Traces) with { Remember = request.Remember };
            var refusal = request is { Match: TagMatch.All, Remember: true } ? UpdateRequest.AllIsNotRemembered : _invalidator.WhyNotAll;
            if (refusal is not null)
            {
                return UpdateOutcome.Incomplete(refusal);
            }
        }

        if (request.Remember && _invalidator.WhyNotRemember is { } why)
        {
            return UpdateOutcome.Incomplete(why);
        }

        var kind = new UpdateKind(request.Match == TagMatch.All ? Together(request.Tags) : scopedTag, request.StaleFor, request.Remember);
        while (true)
        {
            if (!_coalescers.TryGetValue(kind, out var coalescer))
            {
                coalescer = _coalescers.GetOrAdd(
                    kind,
                    static (kind, of) => new((tags, traces) => of.Updates.Run(new(tags, kind.StaleFor, traces, of.Match, kind.Remember)), kind.StaleFor is null ? TimeSpan.Zero : Memory, of.Updates._time),
                    (Updates: this, request.Match));
                _forgetting.Start();
            }

            if (coalescer.TryJoin(requestId, request.Tags, request.Traces, out var shared))
            {
                var outcome = await shared.ConfigureAwait(false);
                Forget(new(kind, coalescer));
                return outcome;
            }

            _coalescers.TryRemove(new(kind, coalescer));
        }
    }

    /// <summary>Holds, as <see cref="ITagGrain.Hold"/>. Each by itself: holds have times of their own.</summary>
    public async Task<HoldOutcome> Hold(HoldRequest request)
    {
        await PoolYield.Go();
        return await _invalidator.Hold(request, AttemptTimeout).ConfigureAwait(false);
    }

    /// <summary>Ends a hold, as <see cref="ITagGrain.Release"/>.</summary>
    public async Task<bool> Release(HoldRelease hold)
    {
        await PoolYield.Go();
        return _invalidator.Release(hold);
    }

    public void Dispose() => _forgetting.Dispose();

    /// <summary>What stands for all of these: no tag is named so, and only updates of the same tags share it, since their tags are united.</summary>
    private static string Together(TagId[] tags) => $"&{string.Concat(tags.Select(static tag => tag.Scoped).Order(StringComparer.Ordinal).Select(static scoped => $"{scoped.Length}:{scoped}"))}";

    private async Task<UpdateOutcome> Run(UpdateRequest request)
    {
        var outcome = await _invalidator.Update(request, AttemptTimeout).ConfigureAwait(false);
        if (outcome.IsComplete && request.StaleFor is not null)
        {
            // Every silo has marked it stale: what a loader can make is refreshed, by a job that is stored before the caller hears of it.
            var loaded = await _silos.Ask(peer => peer.LoadedTags(request.Tags)).ConfigureAwait(false);
            var jobs = Array.TrueForAll(loaded, some => some is not null) ? loaded.SelectMany(some => some!).Distinct() : request.Tags;
            await Task.WhenAll(jobs.Select(tag => _grains.GetGrain<IRefreshJobGrain>(tag.Scoped).Begin().AsTask())).ConfigureAwait(false);
        }

        return outcome;
    }

    private void Forget(KeyValuePair<UpdateKind, UpdateCoalescer> remembered)
    {
        if (remembered.Value.TryRetire())
        {
            _coalescers.TryRemove(remembered);
        }
    }

    private bool ForgetIdle()
    {
        foreach (var remembered in _coalescers)
        {
            Forget(remembered);
        }

        return !_coalescers.IsEmpty;
    }

    /// <summary>What shares a run does the same: one that is to be remembered shares none that is not.</summary>
    private readonly record struct UpdateKind(string Tag, TimeSpan? StaleFor, bool Remember);

    [LoggerMessage(3307, LogLevel.Error, "What is remembered of revalidations could not be looked through; it is tried again")]
    private static partial void LogNotForgotten(ILogger logger, Exception exception);
}
