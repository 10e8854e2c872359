using Orleans.Runtime.Services;
using Orleans.Services;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Transport;

/// <summary>Reaches the peer service of a given silo.</summary>
internal interface IPeers : IGrainServiceClient<IPeerService>
{
    IPeerService On(SiloAddress silo);
}

/// <inheritdoc cref="IPeers"/>
internal sealed class PeerClient(IServiceProvider services) : GrainServiceClient<IPeerService>(services), IPeers
{
    public IPeerService On(SiloAddress silo) => GetGrainService(silo);
}
