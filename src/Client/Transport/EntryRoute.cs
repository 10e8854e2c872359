using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Transport;

/// <summary>The way to one entry for sets, removals and tokens that are given back: the batch service of the silo that it belongs to, one hop away; or else its grain, which Orleans finds.</summary>
/// <remarks>Thread-safe. What is known of the silos may be old: then the service has no answer, or does not answer in time.</remarks>
internal sealed class EntryRoute(IEntryGrains entries, SiloEndpoints endpoints, TimeProvider time)
{
    /// <summary>
    /// The first trip of a plain set. It changes nothing, so it is tried both ways. What follows may run on a thread that has others to serve: the second trip, whose age must not grow
    /// while it waits for a thread, or else the caller yields first.
    /// </summary>
    /// <param name="scopedKey">The entry.</param>
    /// <param name="givenUp">Ends the second try: a token that comes too late may be newer than what its caller has done since.</param>
    public async Task<TokenId> BeginSet(string scopedKey, CancellationToken givenUp = default)
    {
        var token = await There(scopedKey, endpoint => endpoint.BeginSet(scopedKey), isRepeatable: true).ConfigureAwait(false);
        givenUp.ThrowIfCancellationRequested();
        return token?.Token ?? await entries[scopedKey].BeginSet().ConfigureAwait(false);
    }

    /// <summary>The second trip. It is sent once, unless the silo says that the entry is not its own.</summary>
    /// <param name="scopedKey">The entry.</param>
    /// <param name="token">From the first.</param>
    /// <param name="data">The value.</param>
    /// <param name="madeAt">When it was made: its age is read after the answer to the first trip.</param>
    /// <param name="since">As in <see cref="IEntryGrain.Set"/>.</param>
    public async Task<SetOutcome> Set(string scopedKey, TokenId token, EntryData data, Moment madeAt, SetSince? since = null)
    {
        var change = new KeyChange(scopedKey, token, data, time.Now() - madeAt, Tracing.Parent, since);
        return await There(scopedKey, endpoint => endpoint.Change(change), isRepeatable: false).ConfigureAwait(false) is { } changed
            ? new(changed.Commit!, changed.Update!)
            : await entries[scopedKey].Set(token, data, time.Now() - madeAt, Tracing.Parent, since).ConfigureAwait(false);
    }

    /// <summary>Drops the value and updates the key.</summary>
    /// <param name="scopedKey">The entry.</param>
    /// <param name="isFirst">Whether it is the first attempt: a silo that lost that one must not get the next.</param>
    public async Task<UpdateOutcome> Remove(string scopedKey, bool isFirst) =>
        (isFirst ? await There(scopedKey, endpoint => endpoint.Change(new(scopedKey, Trace: Tracing.Parent)), isRepeatable: false).ConfigureAwait(false) : null)?.Update
            ?? await entries[scopedKey].Remove(Tracing.Parent).ConfigureAwait(false);

    /// <summary>Gives a token back. Twice is harmless, so it is tried both ways. The second time it is not there any more if the first try, of which no answer came, has taken it: that is no refusal.</summary>
    /// <param name="scopedKey">The entry.</param>
    /// <param name="token">The token.</param>
    /// <param name="isForStoring">As in <see cref="IEntryGrain.Abandon"/>.</param>
    /// <returns>Whether it was given back, or may have been.</returns>
    public async Task<bool> Abandon(string scopedKey, TokenId token, bool isForStoring)
    {
        var mayBeDone = false;
        return await There(scopedKey, TryThere, isRepeatable: true).ConfigureAwait(false)
            ?? (await entries[scopedKey].Abandon(token, isForStoring).ConfigureAwait(false) || mayBeDone);

        async Task<bool?> TryThere(SiloEndpoint endpoint)
        {
            mayBeDone = true;
            var answer = await endpoint.Abandon(scopedKey, token, isForStoring).ConfigureAwait(false);
            mayBeDone = false;
            return answer;
        }
    }

    /// <summary>Calls the entry's silo; null if it has no answer, or, of a call that may be repeated, if it failed.</summary>
    /// <param name="scopedKey">The entry.</param>
    /// <param name="call">The call.</param>
    /// <param name="isRepeatable">Whether it may be repeated.</param>
    private async Task<T?> There<T>(string scopedKey, Func<SiloEndpoint, Task<T?>> call, bool isRepeatable)
    {
        if (endpoints.Find(scopedKey) is not { } endpoint)
        {
            return default;
        }

        try
        {
            if (await call(endpoint).ConfigureAwait(false) is { } answer)
            {
                return answer;
            }
        }
        catch (Exception)
        {
            if (!isRepeatable)
            {
                throw;
            }

            // The silo may be gone; the grain is on the next one then.
        }

        endpoints.Doubt();
        return default;
    }
}
