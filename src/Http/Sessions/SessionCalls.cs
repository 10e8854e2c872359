using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Http.Audit;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Limits;
using OrleansTagCache.Http.Messages;
using OrleansTagCache.Http.Tokens;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Ownership;
using OrleansTagCache.Serialization;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Http.Sessions;

/// <summary>
/// What clients ask over their sessions, answered as the HTTP API does. An entry that this silo hosts is asked for here, so that the session can be named: its interest is registered before the check (invariant C3). Others are read through
/// the cluster, and not kept.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class SessionCalls(
    EntryStore store,
    Owners owners,
    IFormerValues former,
    EntryReader reader,
    EntryClient entries,
    UpdateClient updates,
    PayloadCodec codec,
    SealedTokens tokens,
    SealedMoments moments,
    AuditLog audit,
    RequestLimits limits,
    TagCacheClientOptions options,
    CacheLifeProfiles profiles,
    TimeProvider time)
{
    /// <summary>How long one question waits for another caller's value before it is asked anew: whoever has gone is noticed then.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    /// <summary>Values up to this size are decoded on the thread that has read the question.</summary>
    private const long DecodedAtOnce = 64 * 1024;

    /// <summary>The largest frame that a client may send: the largest value, with as many and as long names as there may be.</summary>
    public long MaximumFrame => options.MaximumPayloadBytes + (1 << 20);

    /// <summary>The silos that entries belong to; another instance when they have changed.</summary>
    public Rendezvous Silos => owners.Silos;

    /// <summary>Reads an entry.</summary>
    /// <param name="ask">The question.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="session">The caller's session.</param>
    /// <param name="place">Where the answer is to wait: a value is decoded only if there is room for it.</param>
    /// <param name="gone">The caller has gone.</param>
    /// <returns>The answer, and the token in it, to be given back should it not be sent.</returns>
    public async Task<(ServerFrame Answer, TokenId Token)> Acquire(ClientFrame.Acquire ask, ApiCaller caller, SessionId session, UnreadAnswer place, CancellationToken gone)
    {
        var asOf = moments.Now(caller.Namespace);
        var key = CacheKey.Parse(ask.Key, options.MaximumKeyLength).Value;
        var scoped = caller.Namespace.Scope(key);
        var owner = owners.IsAstray(scoped) ? owners.Silos.OwnerOf(scoped) : null;
        var request = new AcquireRequest(
            ask.MayGenerate && caller.May(Scopes.Write),
            ask.FreshOnly,
            TimeSpan.Zero,
            owner is null && !session.IsNone ? [session] : null,
            SoftTags: ask.Soft.Length == 0 ? null : TagSet.ForEntry(ask.Soft, "soft"),
            Lease: ask.Lease ?? TimeSpan.Zero);
        if (owner is null && former.MayFind(scoped))
        {
            await former.Find(scoped);
        }

        var encoded = await Ask(scoped, request, time.Now() + ask.Wait, isHere: owner is null, gone);
        if (encoded?.Entry is { Payload: { Coding: not PayloadCoding.None } payload })
        {
            if (!place.TryReach(PayloadCodec.MostBytesOf(payload)))
            {
                await GiveBack(scoped, encoded.Token);
                return (ServerFrame.Refused(ask.Request, Refusals.TooMuchUnread), TokenId.None);
            }

            if (PayloadCodec.MostBytesOf(payload) > DecodedAtOnce)
            {
                // On a thread of its own: the client's acknowledgements are read in the meantime.
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }
        }

        var answer = codec.Decode(scoped, encoded);
        reader.Count(caller.Namespace, key, answer);
        if (answer is { Entry.Payload.Coding: not PayloadCoding.None })
        {
            await GiveBack(scoped, answer.Token);
            return (ServerFrame.Refused(ask.Request, Refusals.Encrypted), TokenId.None);
        }

        var token = answer is { Token.IsNone: false } ? await tokens.Protect(scoped, answer.Token) : string.Empty;
        return (ServerFrame.Entry(ask.Request, answer, token, asOf, owner?.ToParsableString()), answer?.Token ?? TokenId.None);
    }

    /// <summary>Gives back the token of an answer that was not sent.</summary>
    public Task GiveBack(ClientFrame.Acquire ask, ApiCaller caller, TokenId token) => GiveBack(caller.Namespace.Scope(ask.Key), token);

    /// <summary>Stores what was made under a token. Whatever becomes of it, the token is used up.</summary>
    public async Task<ServerFrame> Commit(ClientFrame.Commit offer, ApiCaller caller, SessionId session)
    {
        if (!caller.May(Scopes.Write))
        {
            return ServerFrame.Refused(offer.Request, Refusals.Lacking(Scopes.Write));
        }

        var scoped = caller.Namespace.Scope(CacheKey.Parse(offer.Key, options.MaximumKeyLength).Value);
        var id = await tokens.Verify(scoped, offer.Token);
        if (id.IsNone)
        {
            return ServerFrame.Committed(offer.Request, CommitOutcome.UnknownToken);
        }

        var isOffered = false;
        try
        {
            var data = Read(offer);
            isOffered = true;
            var outcome = store.Commit(scoped, id, data, session.IsNone ? null : [session]);
            if (outcome.Status == CommitStatus.UnknownToken && owners.IsAstray(scoped))
            {
                outcome = await entries.TryCommit(scoped, id, data) ?? CommitOutcome.NotServing;
            }

            return outcome.Status == CommitStatus.Refused
                ? ServerFrame.Refused(offer.Request, Refusals.Invalid(outcome.Fault!))
                : ServerFrame.Committed(offer.Request, outcome);
        }
        finally
        {
            if (!isOffered)
            {
                await entries.TryAbandon(scoped, id);
            }
        }
    }

    /// <summary>Gives a token back.</summary>
    public async Task<ServerFrame> Abandon(ClientFrame.Abandon given, ApiCaller caller)
    {
        if (!caller.May(Scopes.Write))
        {
            return ServerFrame.Refused(given.Request, Refusals.Lacking(Scopes.Write));
        }

        var scoped = caller.Namespace.Scope(CacheKey.Parse(given.Key, options.MaximumKeyLength).Value);
        var id = await tokens.Verify(scoped, given.Token);
        return !id.IsNone && await entries.TryAbandon(scoped, id) ? ServerFrame.Done(given.Request) : ServerFrame.Committed(given.Request, CommitOutcome.UnknownToken);
    }

    /// <summary>Updates or revalidates tags: answered when every process has let go of the old values.</summary>
    public async Task<ServerFrame> Update(ClientFrame.Update change, ApiCaller caller, HttpContext http, CancellationToken gone)
    {
        if (!caller.May(Scopes.Invalidate))
        {
            return ServerFrame.Refused(change.Request, Refusals.Lacking(Scopes.Invalidate));
        }

        var names = TagSet.ForCall(change.Tags, change.MatchesAll ? NameLimits.TagsPerCall : NameLimits.TagsPerEntry);
        var tags = Array.ConvertAll(names, tag => TagId.OfTag(caller.Namespace, tag));
        TimeSpan? staleFor = change.StaleFor is { } seconds && LifeQuery.FromSeconds(seconds, "expire") is var until && until > TimeSpan.Zero ? until : null;
        if (change.MatchesAll && staleFor is not null)
        {
            return ServerFrame.Refused(change.Request, Refusals.Invalid("A revalidation is of what bears any of the tags."));
        }

        if (change is { MatchesAll: true, IsRemembered: true })
        {
            return ServerFrame.Refused(change.Request, Refusals.Invalid(UpdateRequest.AllIsNotRemembered));
        }

        var request = change.MatchesAll ? UpdateRequest.OfAll(tags) : new UpdateRequest(tags, staleFor, Remember: change.IsRemembered);
        var outcome = await audit.Write(
            http, caller.KeyId, staleFor is null ? "update" : "revalidate", names, async () => await updates.Update(request, options.UpdateTimeout, gone));
        return ServerFrame.Done(change.Request, outcome.Members);
    }

    /// <summary>Asks the entry, on this silo or through the cluster, until there is a value, a token or no time left.</summary>
    private async Task<Acquired?> Ask(string scoped, AcquireRequest request, Moment until, bool isHere, CancellationToken gone)
    {
        using var waiting = new Waiting(limits);
        while (true)
        {
            var answer = isHere ? await store.Acquire(scoped, request) : await entries.TryAcquire(scoped, request, options.ReadTimeout, gone);
            var left = until - time.Now();
            if (answer?.Status != AcquireStatus.Busy || left <= TimeSpan.Zero || gone.IsCancellationRequested)
            {
                return answer;
            }

            waiting.Take();
            request = request with { Wait = left < LongestWait ? left : LongestWait };
        }
    }

    private Task GiveBack(string scoped, TokenId token) => token.IsNone ? Task.CompletedTask : entries.TryAbandon(scoped, token);

    private EntryData Read(ClientFrame.Commit offer)
    {
        if (offer.Payload.Length > options.MaximumPayloadBytes)
        {
            throw new PayloadTooLargeException(options.MaximumPayloadBytes);
        }

        if (offer.ContentType is { } type && PutHeaders.ContentTypeFault(type) is { } fault)
        {
            throw new ArgumentException(fault);
        }

        var tags = TagSet.ForEntry(offer.Tags, NameLimits.TagsPerEntry, "tags");
        return new(new(offer.Payload, offer.ContentType), tags, CopiedTags: null, offer.Life(profiles));
    }

    /// <summary>A read's place among those that wait, once it has one.</summary>
    private sealed class Waiting(RequestLimits limits) : IDisposable
    {
        private bool _isTaken;

        /// <exception cref="OverloadedException">There is none.</exception>
        public void Take()
        {
            _isTaken = _isTaken || (limits.WaitingReads.TryTake(1) ? true : throw new OverloadedException("The limit of waiting reads is reached (TagCache:Limits:WaitingReads)."));
        }

        public void Dispose()
        {
            if (_isTaken)
            {
                limits.WaitingReads.GiveBack(1);
            }
        }
    }
}
