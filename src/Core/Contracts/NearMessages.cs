using Orleans.Concurrency;
using OrleansTagCache.Coherence;

namespace OrleansTagCache.Contracts;

/// <summary>What a silo says, beside an answer, of keeping it near.</summary>
/// <param name="Silo">The silo that answers.</param>
/// <param name="Session">The session of the asking client that it found among those that were named; none if it issued none of them, or broke it.</param>
/// <param name="Grant">How long the client may serve what it keeps under the session, counted from before it asked; zero for no renewal.</param>
/// <param name="MayKeep">Whether this answer may be kept: interest was registered first, and the entry was live afterwards.</param>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("otc.NearTerms")]
internal sealed record NearTerms(
    [property: Id(0)] SiloAddress Silo,
    [property: Id(1)] SessionId Session,
    [property: Id(2)] TimeSpan Grant,
    [property: Id(3)] bool MayKeep);

/// <summary>The sessions of the clients that keep entries of one silo. Its identity is that silo's address, and it runs there or nowhere.</summary>
[Alias("otc.ISessionGrain")]
internal interface ISessionGrain : IGrainWithStringKey
{
    /// <summary>Opens a session; none if the silo does not serve, or has no version in common with the client.</summary>
    /// <param name="client">Whom to push to.</param>
    /// <param name="name">The client's process, for people.</param>
    /// <param name="versions">What the client speaks; null from one that does not tell.</param>
    [Alias("Open"), ResponseTimeout("00:00:02")]
    ValueTask<NearTerms> Open(INearCacheObserver client, string name, ProtocolVersions? versions = null);

    /// <summary>A heartbeat. The terms name no session if it is unknown here: then the client leaves it.</summary>
    [Alias("Renew"), ResponseTimeout("00:00:02")]
    ValueTask<NearTerms> Renew(SessionId session);

    /// <summary>The client has left the session, and serves nothing under it any more.</summary>
    [Alias("Leave"), ResponseTimeout("00:00:02")]
    ValueTask Leave(SessionId session);
}

/// <summary>The face that a client shows to the silos whose entries it keeps.</summary>
[Alias("otc.INearCacheObserver")]
internal interface INearCacheObserver : IGrainObserver
{
    /// <summary>Lets go of everything under these tags, whatever the session.</summary>
    /// <returns>The number of the last push, once all of them were applied.</returns>
    [Alias("Apply"), AlwaysInterleave, ResponseTimeout("00:00:02")]
    Task<long> Apply(Push[] pushes);

    /// <summary>The silo stops serving: the client leaves the session before it answers.</summary>
    [Alias("End"), AlwaysInterleave, ResponseTimeout("00:00:02")]
    Task End(SessionId session);
}
