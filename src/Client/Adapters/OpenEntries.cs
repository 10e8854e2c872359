using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Flights;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Near;
using OrleansTagCache.Serialization;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Adapters;

/// <summary>
/// Entries for adapters whose values are not made by a factory: a caller that finds none may be granted its one generation in the cluster, goes on, and offers the value
/// later, or gives the grant back. What is updated in between supersedes the value.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class OpenEntries(
    EntryReader reader, EntryClient entries, UpdateClient updates, NearCache near, EntryMaker maker, PayloadCodec codec, TagCacheClientOptions options, TimeProvider time)
{
    private static readonly TimeSpan SetPatience = TimeSpan.FromSeconds(2);

    private readonly CacheNamespace _namespace = CacheNamespace.Parse(options.Namespace, nameof(options));

    /// <summary>This moment, by the clock that ages are counted by.</summary>
    public Moment Now => time.Now();

    /// <summary>The value as the cluster has it now: asked for at every call, since a read may lengthen a life.</summary>
    /// <exception cref="TagCacheUnavailableException">The cluster did not answer: there may be an entry.</exception>
    /// <param name="key">The key.</param>
    /// <param name="isRead">Whether the value is read: false if only its life is to be lengthened, which does not count as a read.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<Payload?> Get(string key, bool isRead, CancellationToken cancellationToken)
    {
        // As a read of the cache itself inside a factory: stale counts as missing, and what is made from the value depends on its tags, `*` among them.
        var outer = CacheContext.Current;
        var terms = new ReadTerms(MayGenerate: false, FreshOnly: outer is not null, MayKeep: false) { IsCounted = isRead };
        using var wait = reader.Watch("read");
        wait.Tries();
        var (answer, _) = await reader.Read(key, _namespace.Scope(key), terms, cancellationToken).AsTask().ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        if (answer is null or { Status: AcquireStatus.NotServing })
        {
            throw answer is null
                ? new TagCacheUnavailableException("The cluster could not be reached for the read.") { Report = wait.Report() }
                : new TagCacheUnavailableException("The silo that hosts the entry has no valid serving lease, and answers no reads.") { Code = CacheErrorCodes.NotServing, Report = wait.Report() };
        }

        if (answer.Entry is { } entry)
        {
            outer?.MadeFrom(_namespace, entry.Tags, entry.Life, entry.Age, entry.PromiseSuspended);
        }
        else
        {
            outer?.DependsOn(_namespace, tags: null);
        }

        return answer.Entry is { Payload.Coding: PayloadCoding.None } readable ? readable.Payload : null;
    }

    /// <summary>As <see cref="ITagCache.SetAsync"/>, of bytes that count as made at a moment: when the adapter was called.</summary>
    public async Task Set(string key, byte[] value, CacheEntryOptions entry, Moment madeAt, CancellationToken cancellationToken)
    {
        var scopedKey = _namespace.Scope(key);
        var outcome = await updates.Set(scopedKey, codec.Encode(scopedKey, maker.MakeBytes(value, entry)), madeAt, options.UpdateTimeout, cancellationToken).ConfigureAwait(false);
        if (outcome.Status == CommitStatus.Refused)
        {
            throw new ArgumentException(outcome.Fault, nameof(value));
        }

        if (entry.Standby == true && outcome.Status == CommitStatus.Stored)
        {
            await entries.TrySecure(scopedKey).ConfigureAwait(false);
        }
    }

    /// <summary>As <see cref="ITagCache.RemoveAsync"/>.</summary>
    public Task Remove(string key, CancellationToken cancellationToken) => updates.Remove(_namespace.Scope(key), options.UpdateTimeout, cancellationToken);

    /// <summary>Tries once to store bytes that were made since then, and nothing that was updated since. For callers that must not wait for a cluster that does not answer.</summary>
    /// <exception cref="ArgumentException">A tag, the life or the value's size breaks a limit, or what it was made from forbids to store it.</exception>
    public async Task TrySet(string key, byte[] value, CacheEntryOptions entry, Moment madeAt, CacheContext madeIn)
    {
        var (scopedKey, data) = (_namespace.Scope(key), maker.MakeBytes(value, entry, madeIn));
        var token = await entries.TryBeginSet(scopedKey, SetPatience).ConfigureAwait(false);
        if (!token.IsNone)
        {
            await entries.TrySet(scopedKey, token, codec.Encode(scopedKey, data), time.Now() - madeAt, SetPatience).ConfigureAwait(false);
        }
    }

    /// <summary>The value, fresh or stale; or none, and perhaps the right to make it. A stale one is withheld from the caller that is to make a newer one.</summary>
    /// <param name="key">The key; it must be a sound one.</param>
    /// <param name="mayGenerate">Whether the caller may make the value.</param>
    /// <param name="isWorthWaiting">Asked whenever another one makes the value: whether to wait for it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The value; the right to make it; whether the cluster has answered.</returns>
    public async ValueTask<(Payload? Found, Grant? Granted, bool IsAnswered)> Find(
        string key, bool mayGenerate, Func<bool> isWorthWaiting, CancellationToken cancellationToken)
    {
        var hit = near.Find(key, freshOnly: false);
        if (hit.Entry?.Payload is { Coding: PayloadCoding.None } kept && (!hit.IsStale || !mayGenerate || !hit.Entry.TryClaimAsk(hit.At)))
        {
            reader.FoundNear(hit, outer: null);
            return (kept, null, true);
        }

        var scopedKey = _namespace.Scope(key);
        var terms = new ReadTerms(mayGenerate, FreshOnly: false, MayKeep: true) { WaitUntil = time.Now() + options.WaitTimeout, IsWorthWaiting = isWorthWaiting, TakesStale = false };
        var (answer, ask) = await reader.Read(key, scopedKey, terms, cancellationToken).AsTask().ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return answer is { Token.IsNone: false, Status: not AcquireStatus.Fresh }
            ? (null, new(key, scopedKey, answer.Token, ask), true)
            : (answer is { Entry: { Payload.Coding: PayloadCoding.None } found } ? found.Payload : null, null, answer is not null and not { Status: AcquireStatus.NotServing });
    }

    /// <summary>Stores what was made under a grant. False if it was superseded, came too late, or could not be stored.</summary>
    /// <exception cref="ArgumentException">A tag, the life or the value's size breaks a limit, or what it was made from forbids to store it. The grant is still to be given back.</exception>
    public async Task<bool> Offer(Grant grant, byte[] value, CacheEntryOptions said, CacheContext madeIn)
    {
        var entry = maker.MakeBytes(value, said, madeIn);
        var ask = near.Again(grant.Ask);
        using var activity = Tracing.StartCommit(entry, options.IncludeTagsInTraces);
        var outcome = await entries.TryCommit(grant.ScopedKey, grant.Token, codec.Encode(grant.ScopedKey, entry), ask.Sessions).ConfigureAwait(false);
        Tracing.Note(outcome?.ToOutcome() ?? Outcome.Unreachable);
        if (outcome is { Status: CommitStatus.Stored, IsStale: false })
        {
            near.KeepGenerated(grant.Key, grant.ScopedKey, entry, outcome.Near, ask);
        }

        return outcome?.Status == CommitStatus.Stored;
    }

    /// <summary>Nothing will be offered: the next caller gets the grant.</summary>
    /// <param name="grant">The grant.</param>
    /// <param name="isForStoring">False if a value was made that is not for storing: for a while no caller in the cluster waits for the next one.</param>
    public Task GiveBack(Grant grant, bool isForStoring = true) => entries.TryAbandon(grant.ScopedKey, grant.Token, isForStoring);

    /// <summary>The right to make one entry, once.</summary>
    internal sealed record Grant(string Key, string ScopedKey, TokenId Token, NearAsk Ask);
}
