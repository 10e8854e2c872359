using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Listeners;
using OrleansTagCache.Near;
using OrleansTagCache.Serialization;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Flights;

/// <summary>Offers to the cluster what a factory has made, keeps near what was stored, and remembers what is not for storing.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed partial class Commits(
    EntryClient entries, PayloadCodec codec, NearCache near, ClientMetrics metrics, CacheListeners listeners, UncacheableKeys uncacheable, TagCacheClientOptions options, LogOnce once, ILogger<Commits> logger)
{
    /// <summary>Commits a value under its token, and keeps it near. True if those who joined may take it: the cluster found it live.</summary>
    public async Task<bool> TryStore(FlightKey key, TokenId token, Generated made, NearAsk ask)
    {
        if (Encoded(key, made) is not { } sent)
        {
            await entries.TryAbandon(key.ScopedKey, token, isForStoring: false).ConfigureAwait(false);
            return false;
        }

        // The stamp and the time are those from before the generation; the session may have been opened since.
        var commit = near.Again(ask);
        using var activity = Tracing.StartCommit(made.Entry, options.IncludeTagsInTraces);
        var outcome = await entries.TryCommit(key.ScopedKey, token, sent, commit.Sessions).ConfigureAwait(false);
        if (!IsStored(key, outcome))
        {
            return false;
        }

        if (!outcome!.IsStale && !made.IsFar)
        {
            near.KeepGenerated(key.Key, key.ScopedKey, made.Entry, outcome.Near, commit);
        }

        // Who takes no stale values takes none of these either.
        return !outcome.IsStale || !key.FreshOnly;
    }

    /// <summary>The same of a value that was made whatever is stored: as a plain set whose token was taken before the factory began.</summary>
    public async Task<bool> TryRefill(FlightKey key, TokenId token, Generated made)
    {
        if (Encoded(key, made) is not { } sent)
        {
            return false;
        }

        using var activity = Tracing.StartCommit(made.Entry, options.IncludeTagsInTraces);
        var outcome = token.IsNone ? null : await entries.TrySet(key.ScopedKey, token, sent, TimeSpan.Zero, options.ReadTimeout).ConfigureAwait(false);
        return IsStored(key, outcome?.Commit) && outcome is { Commit.IsStale: false, Update.IsComplete: true };
    }

    private bool IsStored(FlightKey key, CommitOutcome? outcome)
    {
        var became = outcome?.ToOutcome() ?? Outcome.Unreachable;
        Tracing.Note(became);
        if (became == Outcome.Stored)
        {
            listeners.OnEntry(TagCacheEventKinds.Stored, key.ScopedKey, became);
            return true;
        }

        NotStored(key, became);
        if (became == Outcome.Refused)
        {
            uncacheable.Add(key.ScopedKey);
            LogWhy(outcome!.Fault!);
        }

        return false;
    }

    /// <summary>What is sent of it; null if it is unfit.</summary>
    private EntryData? Encoded(FlightKey key, Generated made)
    {
        try
        {
            return IsUnfit(key, made) ? null : codec.Encode(key.ScopedKey, made.Entry);
        }
        catch (TagCacheException exception)
        {
            return IsUnfit(key, made with { WhyNotStored = exception.Message }) ? null : made.Entry;
        }
    }

    /// <summary>Whether it must not be stored, or its maker does not want it to be.</summary>
    private bool IsUnfit(FlightKey key, Generated made)
    {
        if (made is { IsUnwanted: false, WhyNotStored: null })
        {
            uncacheable.Remove(key.ScopedKey);
            return false;
        }

        // Waiters would wait in vain, one after another.
        uncacheable.Add(key.ScopedKey);
        if (!made.IsUnwanted)
        {
            NotStored(key, Outcome.Unfit);
            if (!made.IsForOwnCaller)
            {
                LogWhy(made.WhyNotStored!);
            }
        }

        return true;
    }

    private void NotStored(FlightKey key, Outcome reason)
    {
        metrics.OnNotStored(reason);
        listeners.OnEntry(TagCacheEventKinds.NotStored, key.ScopedKey, reason);
    }

    private void LogWhy(string why)
    {
        if (once.IsNew(why))
        {
            LogNotStored(why);
        }
    }

    [LoggerMessage(2201, LogLevel.Warning, "A generated value was returned to its reader but not stored. {Why}")]
    private partial void LogNotStored(string why);
}
