using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Http.Tokens;

/// <summary>Gives out the tokens, the identities of holds and the sessions that HTTP callers have, and takes them back, under secrets that the cluster shares and changes every so often.</summary>
/// <remarks>
/// Thread-safe. The secrets are asked for again when they may have changed: after a while, when silos have come or gone, since the secrets go with their silo, and when a token names one that is not known
/// here; that at most once a second, whatever strangers send.
/// </remarks>
internal sealed class SealedTokens(IGrainFactory grains, IClusterMembershipService cluster, ILocalSiloDetails self, TimeProvider time)
{
    /// <summary>Where a token travels, in answers and in calls.</summary>
    public const string Header = "Tag-Cache-Token";

    /// <summary>Short beside the time for which a secret goes on being verified with.</summary>
    private static readonly TimeSpan SignFor = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(1);

    private readonly byte[] _silo = SignedToken.SiloOf(self.SiloAddress.ToString());
    private readonly Lock _gate = new();
    private volatile Known? _known;
    private Task<Known>? _asking;
    private long _nextLook = Moment.Past.Ticks;

    public async ValueTask<string> Protect(string scopedKey, TokenId id)
    {
        var known = await Keys(SignFor);
        return SignedToken.Seal(known.Keys[0], _silo, scopedKey, id);
    }

    /// <summary>The generation, or <see cref="TokenId.None"/> for anything that this cluster did not issue for that key.</summary>
    public async ValueTask<TokenId> Verify(string scopedKey, string text) =>
        SealedBytes.TryRead(text, out var token) && await Find(token) is { } key ? SignedToken.Open(key, scopedKey, token) : TokenId.None;

    public async ValueTask<string> Protect(TagId[] tags, UpdateId hold)
    {
        var known = await Keys(SignFor);
        return SignedHold.Seal(known.Keys[0], tags, hold);
    }

    /// <summary>The hold, or null for anything that this cluster did not give for those tags.</summary>
    public async ValueTask<UpdateId?> Verify(TagId[] tags, string text) =>
        SealedBytes.TryRead(text, out var hold) && await Find(hold) is { } key ? SignedHold.Open(key, tags, hold) : null;

    public async ValueTask<string> Protect(UiSession session)
    {
        var known = await Keys(SignFor);
        return SignedSession.Seal(known.Keys[0], session);
    }

    /// <summary>The session, or null for anything that this cluster did not give. Where the secrets cannot be asked for, those that are known go on being verified with: a session has an end of its own.</summary>
    public async ValueTask<UiSession?> VerifySession(string text) =>
        SealedBytes.TryRead(text, out var session) && (_known?.Find(session, time.Now()) ?? await Find(session)) is { } key ? SignedSession.Open(key, session) : null;

    /// <summary>The secret that it names; null if there is none of that name any more.</summary>
    private async ValueTask<TokenSecret?> Find(byte[] signed)
    {
        var known = await Keys(SignFor);
        return known.Find(signed, time.Now()) ?? (await Keys(AskAgainAfter)).Find(signed, time.Now());
    }

    private async ValueTask<Known> Keys(TimeSpan maximumAge)
    {
        if (_known is not { } known || time.Now() - known.At >= maximumAge)
        {
            return await OneQuestion();
        }

        return known.Members == cluster.CurrentSnapshot.Version || time.Now().Ticks < Volatile.Read(ref _nextLook) ? known : await Look(known);
    }

    /// <summary>Their silo may be gone, and what is signed under them refused by the others. If it cannot be asked now, they go on for a moment.</summary>
    private async ValueTask<Known> Look(Known known)
    {
        try
        {
            return await OneQuestion();
        }
        catch (Exception)
        {
            Volatile.Write(ref _nextLook, (time.Now() + AskAgainAfter).Ticks);
            return known;
        }
    }

    /// <summary>A caller that finds the secrets too old while they are being asked for waits for that answer.</summary>
    private Task<Known> OneQuestion()
    {
        lock (_gate)
        {
            return _asking is { IsCompleted: false } asking ? asking : _asking = Ask();
        }
    }

    private async Task<Known> Ask()
    {
        var (asked, members, before) = (time.Now(), cluster.CurrentSnapshot.Version, _known);
        var keys = await grains.GetGrain<ITokenSecretsGrain>(0).GetSecrets();
        var (former, until) = before is null ? ([], asked)
            : keys.Any(key => key.Id == before.Keys[0].Id) ? (before.Former, before.FormerUntil)
            : (before.Keys, before.At + SignFor + SignFor);
        return _known = new(keys, asked, members, former, until);
    }

    /// <param name="Keys">The secrets, the one to sign with first.</param>
    /// <param name="At">When they were asked for.</param>
    /// <param name="Members">The members of the cluster then.</param>
    /// <param name="Former">Those that were known before their silo went: what was given under them still holds where they are known.</param>
    /// <param name="FormerUntil">Until when.</param>
    private sealed record Known(TokenSecret[] Keys, Moment At, MembershipVersion Members, TokenSecret[] Former, Moment FormerUntil)
    {
        public TokenSecret? Find(byte[] signed, Moment now)
        {
            var id = SealedBytes.KeyIdOf(signed);
            return Array.Find(Keys, key => key.Id == id) ?? (now < FormerUntil ? Array.Find(Former, key => key.Id == id) : null);
        }
    }
}
