using Orleans.Concurrency;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Membership;

namespace OrleansTagCache.Sessions;

/// <summary>The face of one silo's client sessions. It holds nothing: an activation on another silo knows none of the sessions.</summary>
/// <remarks>Reentrant; everything behind it is thread-safe.</remarks>
[Reentrant, OnNamedSilo, ThroughAnyGateway, GrainType("otc.session")]
internal sealed class SessionGrain(ClientSessions sessions, PeerVersions peers) : Grain, ISessionGrain
{
    public ValueTask<NearTerms> Open(INearCacheObserver client, string name, ProtocolVersions? versions = null) =>
        new(peers.AcceptsClient(name, versions) ? sessions.Open(client, name) : sessions.Refuse());

    public ValueTask<NearTerms> Renew(SessionId session) => new(sessions.Renew(session));

    public ValueTask Leave(SessionId session)
    {
        sessions.Leave(session);
        return default;
    }
}
