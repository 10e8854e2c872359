using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Transport;

/// <summary>The way to one entry, for calls that do not share a message: the batch service of the silo that it belongs to, one hop away; or else its grain, which Orleans finds.</summary>
/// <remarks>Thread-safe. What is known of the silos may be old: then the service has no answer, or does not answer in time.</remarks>
internal sealed class EntryRoute(IEntryGrains entries, SiloEndpoints endpoints)
{
    /// <summary>The first trip of a plain set. It changes nothing, so it is tried both ways.</summary>
    /// <param name="scopedKey">The entry.</param>
    /// <param name="givenUp">Ends the second try: a token that comes too late may be newer than what its caller has done since.</param>
    public async Task<TokenId> BeginSet(string scopedKey, CancellationToken givenUp = default)
    {
        if (endpoints.Find(scopedKey) is { } endpoint)
        {
            try
            {
                if (await endpoint.BeginSet(scopedKey).ConfigureAwait(false) is { } token)
                {
                    return token;
                }
            }
            catch (Exception)
            {
                // The silo may be gone; the grain is on the next one then.
            }

            endpoints.Doubt();
            givenUp.ThrowIfCancellationRequested();
        }

        return await entries[scopedKey].BeginSet().ConfigureAwait(false);
    }

    /// <summary>The second trip. It is sent once, unless the silo says that the entry is not its own.</summary>
    /// <param name="scopedKey">The entry.</param>
    /// <param name="token">From the first.</param>
    /// <param name="data">The value.</param>
    /// <param name="madeAt">When it was made: its age is read when it is sent.</param>
    /// <param name="time">The clock.</param>
    public async Task<SetOutcome> Set(string scopedKey, TokenId token, EntryData data, Moment madeAt, TimeProvider time)
    {
        if (endpoints.Find(scopedKey) is { } endpoint)
        {
            if (await endpoint.Set(new(scopedKey, token, data), time.Now() - madeAt, Tracing.Parent).ConfigureAwait(false) is { } outcome)
            {
                return outcome;
            }

            endpoints.Doubt();
        }

        return await entries[scopedKey].Set(token, data, time.Now() - madeAt, Tracing.Parent).ConfigureAwait(false);
    }

    /// <summary>Drops the value and updates the key.</summary>
    /// <param name="scopedKey">The entry.</param>
    /// <param name="isFirst">Whether it is the first attempt: a silo that lost that one must not get the next.</param>
    public async Task<UpdateOutcome> Remove(string scopedKey, bool isFirst)
    {
        if (isFirst && endpoints.Find(scopedKey) is { } endpoint)
        {
            if (await endpoint.Remove(scopedKey, Tracing.Parent).ConfigureAwait(false) is { } outcome)
            {
                return outcome;
            }

            endpoints.Doubt();
        }

        return await entries[scopedKey].Remove(Tracing.Parent).ConfigureAwait(false);
    }

    /// <summary>Gives a token back. Twice is harmless, so it is tried both ways.</summary>
    /// <param name="scopedKey">The entry.</param>
    /// <param name="token">The token.</param>
    /// <param name="isForStoring">As in <see cref="IEntryGrain.Abandon"/>.</param>
    public async Task<bool> Abandon(string scopedKey, TokenId token, bool isForStoring)
    {
        if (endpoints.Find(scopedKey) is { } endpoint)
        {
            try
            {
                if (await endpoint.Abandon(scopedKey, token, isForStoring).ConfigureAwait(false) is { } isTaken)
                {
                    return isTaken;
                }
            }
            catch (Exception)
            {
                // The grain is asked next.
            }

            endpoints.Doubt();
        }

        return await entries[scopedKey].Abandon(token, isForStoring).ConfigureAwait(false);
    }
}
