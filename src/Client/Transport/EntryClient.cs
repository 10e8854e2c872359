using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Transport;

/// <summary>Reads entries and offers values to them, for callers that can do without the cluster: these calls give up soon, since the callers' factories can serve them.</summary>
/// <remarks>Thread-safe. A fault of a call is never a fault of the caller's data: the grains answer those as outcomes.</remarks>
internal sealed class EntryClient(IEntryGrains entries, SiloEndpoints endpoints, Reachability reachability, TimeProvider time)
{
    private readonly EntryRoute _route = new(entries, endpoints, time);

    /// <summary>How often a call is tried within its time: each time through the next gateway.</summary>
    private const int Attempts = 3;

    /// <summary>How many of many entries are asked at once of those that are asked one by one: their values are large.</summary>
    private const int AskedAtOnce = 16;

    /// <summary>What is left for a call of an entry's grain when its silo's endpoint has used up the time.</summary>
    private static readonly TimeSpan LeastPatience = TimeSpan.FromMilliseconds(30);

    /// <summary>
    /// Asks an entry, through another gateway if the answer does not come. Null if the cluster could not be reached in that time: the caller's
    /// factory serves.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Acquired?> TryAcquire(string scopedKey, AcquireRequest request, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (!reachability.MayTry())
        {
            return null;
        }

        // Every attempt is the same request: should its answer be lost with a token, the next one brings the same token.
        var requestId = request.MayGenerate ? RequestIds.Next() : Guid.Empty;
        if (request.Wait > TimeSpan.Zero || request.Tags is not null || request.SoftTags is not null)
        {
            return await AskAlone(scopedKey, request with { RequestId = requestId }, patience, late: null, cancellationToken).ConfigureAwait(false);
        }

        var begun = time.Now();
        var (answer, late, isSilent) = await TryEndpoint(scopedKey, request, requestId, patience / Attempts).ConfigureAwait(false);
        if (answer is null && isSilent && await TryStandby(scopedKey, request, patience / Attempts).ConfigureAwait(false) is { } copy)
        {
            if (late is not null)
            {
                _ = GiveBack(scopedKey, late, TokenId.None);
            }

            answer = copy;
        }

        if (answer is null)
        {
            var left = patience - (time.Now() - begun);
            return await AskAlone(scopedKey, request with { RequestId = requestId }, left > LeastPatience ? left : LeastPatience, late, cancellationToken).ConfigureAwait(false);
        }

        reachability.Reached();
        if (cancellationToken.IsCancellationRequested)
        {
            await GiveBack(scopedKey, Task.FromResult<Acquired?>(answer), TokenId.None).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }

        return answer;
    }

    /// <summary>Asks many entries without waiting, in one message for up to <see cref="SiloEndpoint.MaximumReads"/> of a silo; those that have no answer this way are asked one by one.</summary>
    /// <param name="scopedKeys">The entries.</param>
    /// <param name="request">The same for each.</param>
    /// <param name="patience">How long it is tried.</param>
    /// <param name="mostBytes">When the values have more bytes than this, no further ones are asked for one by one.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The answers in the order of the keys; null where the cluster did not give one, or was not asked any more.</returns>
    public async ValueTask<Acquired?[]> TryAcquireMany(string[] scopedKeys, AcquireRequest request, TimeSpan patience, long mostBytes, CancellationToken cancellationToken)
    {
        var answers = new Acquired?[scopedKeys.Length];
        if (!reachability.MayTry())
        {
            return answers;
        }

        var begun = time.Now();
        var bySilo = new Dictionary<SiloEndpoint, List<int>>();
        for (var i = 0; i < scopedKeys.Length; i++)
        {
            if (endpoints.Find(scopedKeys[i]) is { } endpoint)
            {
                (CollectionsMarshal.GetValueRefOrAddDefault(bySilo, endpoint, out _) ??= []).Add(i);
            }
        }

        await Task.WhenAll(bySilo.SelectMany(silo => silo.Value.Chunk(SiloEndpoint.MaximumReads).Select(places => Ask(silo.Key, places)))).ConfigureAwait(false);

        // What awaits this runs users' code next.
        await PoolYield.Go();
        cancellationToken.ThrowIfCancellationRequested();
        var left = patience - (time.Now() - begun);
        foreach (var places in Enumerable.Range(0, answers.Length).Where(i => answers[i] is null).ToArray().Chunk(AskedAtOnce))
        {
            if (answers.Sum(answer => (long)(answer?.Entry?.Payload.Bytes.Length ?? 0)) > mostBytes)
            {
                break;
            }

            await Task.WhenAll(places.Select(AskOne)).ConfigureAwait(false);
        }

        return answers;

        async Task Ask(SiloEndpoint endpoint, int[] places)
        {
            try
            {
                var reads = Array.ConvertAll(places, i => new EntryRead(scopedKeys[i], request.MayGenerate, request.FreshOnly, Guid.Empty, Lease: request.Lease));
                var given = await endpoint.AcquireMany(reads, request.Sessions).WaitAsync(patience / Attempts, time, cancellationToken).ConfigureAwait(false);
                reachability.Reached();
                for (var i = 0; i < places.Length && i < given?.Length; i++)
                {
                    answers[places[i]] = given[i]?.Status == AcquireStatus.Moved ? null : given[i];
                }
            }
            catch (Exception exception)
            {
                cancellationToken.ThrowIfCancellationRequested();
                endpoints.Doubt();
                reachability.Failed(exception);
            }
        }

        async Task AskOne(int i) =>
            answers[i] = await TryAcquire(scopedKeys[i], request, left > LeastPatience ? left : LeastPatience, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Offers a generated value. Null if the cluster could not be reached: it counts as not stored, and its token is given back.</summary>
    public async ValueTask<CommitOutcome?> TryCommit(string scopedKey, TokenId token, EntryData data, SessionId[]? sessions = null)
    {
        if (!reachability.IsConnected)
        {
            return null;
        }

        try
        {
            if (endpoints.Find(scopedKey) is { } endpoint)
            {
                if (await endpoint.Commit(new(scopedKey, token, data), sessions).ConfigureAwait(false) is { } outcome)
                {
                    return outcome;
                }
            }
        }
        catch (Exception exception)
        {
            reachability.Failed(exception);
        }

        try
        {
            // Once more is safe: a token is taken once. Unknown then means that it may have been stored.
            return await entries[scopedKey].Commit(token, data, sessions).AsTask().WaitAsync(reachability.Closed).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            reachability.Failed(exception);

            // Should it not have arrived: others need not wait for the token's lease to end.
            _ = TryAbandon(scopedKey, token);
            return null;
        }
    }

    /// <summary>The first trip of a plain set whose value is yet to be made. None if the silo may not give it, or the cluster could not be reached.</summary>
    public async Task<TokenId> TryBeginSet(string scopedKey, TimeSpan patience)
    {
        if (!reachability.MayTry())
        {
            return TokenId.None;
        }

        try
        {
            var token = await _route.BeginSet(scopedKey).WaitAsync(patience, time, reachability.Closed).ConfigureAwait(false);

            // The value is made next.
            await PoolYield.Go();
            reachability.Reached();
            return token;
        }
        catch (Exception exception)
        {
            reachability.NotReached(exception);
            return TokenId.None;
        }
    }

    /// <summary>The second trip, with a value that was made after the first. Null if the cluster could not be reached.</summary>
    /// <param name="scopedKey">The entry.</param>
    /// <param name="token">From the first.</param>
    /// <param name="data">The value.</param>
    /// <param name="age">How long before the first trip's answer it was made, or more.</param>
    /// <param name="patience">How long it is waited for.</param>
    public async Task<SetOutcome?> TrySet(string scopedKey, TokenId token, EntryData data, TimeSpan age, TimeSpan patience)
    {
        try
        {
            return await _route.Set(scopedKey, token, data, time.Now() + -age).WaitAsync(patience, time, reachability.Closed).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            reachability.Failed(exception);
            return null;
        }
    }

    /// <summary>Waits until the standby has what an entry has, for a second or so at the longest: then it is sent there all the same.</summary>
    public async Task TrySecure(string scopedKey)
    {
        try
        {
            if (reachability.IsConnected && endpoints.Find(scopedKey) is { } endpoint)
            {
                await endpoint.Secure(scopedKey).WaitAsync(reachability.Closed).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            reachability.Failed(exception);
        }
    }

    /// <summary>Gives a token back. False if it was not the current one, or the cluster could not be reached: then its lease ends by itself. Where the answer of its silo was lost, it counts as given back.</summary>
    /// <param name="scopedKey">The entry.</param>
    /// <param name="token">The token.</param>
    /// <param name="isForStoring">As in <see cref="IEntryGrain.Abandon"/>.</param>
    public async Task<bool> TryAbandon(string scopedKey, TokenId token, bool isForStoring = true)
    {
        try
        {
            return reachability.IsConnected && await _route.Abandon(scopedKey, token, isForStoring).WaitAsync(reachability.Closed).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            reachability.Failed(exception);
            return false;
        }
    }

    /// <summary>Asks for a value past its life, under fail-safe. Null if there is none that may be served, or the cluster could not be reached.</summary>
    public async Task<EntrySnapshot?> TryFailSafe(string scopedKey, TokenId token, bool isOver)
    {
        try
        {
            return reachability.IsConnected ? await entries[scopedKey].FailSafe(token, isOver).AsTask().WaitAsync(reachability.Closed).ConfigureAwait(false) : null;
        }
        catch (Exception exception)
        {
            reachability.Failed(exception);
            return null;
        }
    }

    public CallWait Watch(string what, TimeSpan limit) => new(what, limit, reachability, endpoints, time);

    public ValueTask<EntryDescription?> Describe(string scopedKey) => entries[scopedKey].Describe();

    /// <summary>Reads through the endpoint of the silo that the entry belongs to, in a message shared with others.</summary>
    /// <returns>The answer, or none this way; what may still be answered when no caller waits for it any more; and whether the silo is silent.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(Acquired? Answer, Task<Acquired?>? Late, bool IsSilent)> TryEndpoint(string scopedKey, AcquireRequest request, Guid requestId, TimeSpan patience)
    {
        if (endpoints.Find(scopedKey) is not { } endpoint)
        {
            return (null, null, IsSilent: true);
        }

        var asking = endpoint.Acquire(new(scopedKey, request.MayGenerate, request.FreshOnly, requestId, request.MayRefreshEarly, request.Lease), request.Sessions);
        try
        {
            // A caller that waits longer than any answer takes needs no timer of its own.
            var answer = await ((patience < SiloEndpoint.LongestRead ? asking.Answer.WaitAsync(patience, time) : asking.Answer).ConfigureAwait(false));
            if (answer?.Status == AcquireStatus.Moved)
            {
                endpoints.Doubt();
                return default;
            }

            return (answer, null, IsSilent: asking.IsUnsent);
        }
        catch (Exception exception)
        {
            endpoints.Doubt();
            reachability.Failed(exception);
            return (null, asking.Whenever(), IsSilent: true);
        }
    }

    /// <summary>The silo of the entry is silent: its standby may have a copy, which is as good as the value itself; it gives no right to make one.</summary>
    private async ValueTask<Acquired?> TryStandby(string scopedKey, AcquireRequest request, TimeSpan patience)
    {
        if (endpoints.FindStandby(scopedKey) is not { } standby)
        {
            return null;
        }

        try
        {
            var answer = await standby.Acquire(new(scopedKey, MayGenerate: false, request.FreshOnly, Guid.Empty), request.Sessions).Answer.WaitAsync(patience, time).ConfigureAwait(false);

            // Whatever it has: the cluster can be reached, and one silent silo is no reason for the readers of the others to do without it.
            reachability.Reached();
            return answer is { Entry: not null } ? answer : null;
        }
        catch (Exception exception)
        {
            reachability.Failed(exception);
            return null;
        }
    }

    /// <summary>Asks the entry's grain, again and again within the patience.</summary>
    private async ValueTask<Acquired?> AskAlone(
        string scopedKey, AcquireRequest question, TimeSpan patience, Task<Acquired?>? late, CancellationToken cancellationToken)
    {
        List<Task<Acquired?>> asked = late is null ? [] : [late];
        var last = asked.Count + Attempts;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, reachability.Closed);
        while (true)
        {
            try
            {
                // Inside: a client that has never connected does not even know the grain's interface.
                asked.Add((question.SoftTags is null ? entries[scopedKey].Acquire(question).AsTask() : entries[scopedKey].AcquireSoft(question).AsTask())!);
                var answer = (await asked[^1].WaitAsync((patience / Attempts) + question.Wait, time, either.Token).ConfigureAwait(false))!;
                cancellationToken.ThrowIfCancellationRequested();
                reachability.Reached();
                GiveBackOthers(scopedKey, asked, answer.Token);
                return answer;
            }
            catch (Exception exception) when (asked.Count > last - Attempts && asked.Count < last && !either.IsCancellationRequested)
            {
                reachability.Failed(exception);
            }
            catch (Exception exception)
            {
                GiveBackOthers(scopedKey, asked, TokenId.None);
                if (cancellationToken.IsCancellationRequested)
                {
                    throw;
                }

                reachability.NotReached(exception);
                return null;
            }
        }
    }

    /// <summary>Answers that no caller waits for any more may carry the key's one token.</summary>
    private void GiveBackOthers(string scopedKey, List<Task<Acquired?>> asked, TokenId used)
    {
        foreach (var call in asked)
        {
            if (!call.IsCompletedSuccessfully || call.Result?.Token != used)
            {
                _ = GiveBack(scopedKey, call, used);
            }
        }
    }

    private async Task GiveBack(string scopedKey, Task<Acquired?> call, TokenId used)
    {
        try
        {
            if (await call.ConfigureAwait(false) is { Token.IsNone: false } answer && answer.Token != used)
            {
                await TryAbandon(scopedKey, answer.Token).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            reachability.Failed(exception);
        }
    }
}
