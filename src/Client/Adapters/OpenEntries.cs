using OrleansTagCache.Cluster;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Hosting;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Near;

namespace OrleansTagCache.Adapters;

/// <summary>
/// Entries for adapters whose values are not made by a factory: who finds none may be granted its one generation in the cluster, goes on, and offers the value
/// later, or gives the grant back. What is updated in between supersedes the value.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class OpenEntries(ClusterCalls calls, NearCache near, TagCacheClientOptions options, TimeProvider time)
{
    /// <summary>How long one question waits for another's generation before it is asked again.</summary>
    private static readonly TimeSpan LongestQuestion = TimeSpan.FromSeconds(2);

    private readonly CacheNamespace _namespace = CacheNamespace.Parse(options.Namespace, nameof(options));

    /// <summary>The value, fresh or stale; or none, and perhaps the right to make it. A stale one is withheld from whoever is to make a newer one.</summary>
    /// <param name="key">The key; it must be a sound one.</param>
    /// <param name="mayGenerate">Whether the caller may make the value.</param>
    /// <param name="isWorthWaiting">Asked whenever another one makes the value: whether to wait on.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async ValueTask<(Payload? Found, Grant? Granted)> Find(
        string key, bool mayGenerate, Func<bool> isWorthWaiting, CancellationToken cancellationToken)
    {
        var hit = near.Find(key, freshOnly: false);
        if (hit.Entry?.Payload is { } kept && (!hit.IsStale || !mayGenerate || !hit.Entry.TryClaimAsk(hit.At)))
        {
            return (kept, null);
        }

        var scopedKey = _namespace.Scope(key);
        var until = time.Now() + options.WaitTimeout;
        var wait = TimeSpan.Zero;
        while (true)
        {
            var ask = near.Ask();
            var answer = await calls.TryAcquire(
                    scopedKey, new(mayGenerate, FreshOnly: false, wait, ask.Sessions), options.ReadTimeout, cancellationToken)
                .AsTask().ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            if (answer is { Status: AcquireStatus.Fresh, Entry: { } fresh })
            {
                near.KeepCopy(key, scopedKey, fresh, answer.Near, ask);
                return (fresh.Payload, null);
            }

            near.Hear(answer?.Near, ask);
            if (answer is { Token.IsNone: false })
            {
                return (null, new(key, scopedKey, answer.Token, ask));
            }

            if (answer?.Status != AcquireStatus.Busy || time.Now() >= until || !isWorthWaiting())
            {
                return (answer?.Entry?.Payload, null);
            }

            wait = LongestQuestion;
        }
    }

    /// <summary>Stores what was made under a grant. False if it was superseded, came too late, or could not be stored.</summary>
    public async Task<bool> Offer(Grant grant, Payload value, string[] tags, CacheLife life)
    {
        var entry = new EntryData(value, tags, CopiedTags: null, life);
        var ask = near.Again(grant.Ask);
        var outcome = await calls.TryCommit(grant.ScopedKey, grant.Token, entry, ask.Sessions);
        if (outcome is { Status: CommitStatus.Stored, IsStale: false })
        {
            near.KeepGenerated(grant.Key, grant.ScopedKey, entry, outcome.Near, ask);
        }

        return outcome?.Status == CommitStatus.Stored;
    }

    /// <summary>Nothing will be offered: the next who asks gets the grant.</summary>
    public Task GiveBack(Grant grant) => calls.TryAbandon(grant.ScopedKey, grant.Token);

    /// <summary>The right to make one entry, once.</summary>
    internal sealed record Grant(string Key, string ScopedKey, GenerationId Token, NearAsk Ask);
}
