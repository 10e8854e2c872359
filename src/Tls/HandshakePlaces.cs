using System.Net;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Tls;

/// <summary>How many strangers may be in their handshakes at a time: in all, and from one network, so that one that is slow on purpose does not take the places of all others.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class HandshakePlaces
{
    public const int InAll = 1_024;
    public const int OfOneNetwork = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, int> _taken = [];
    private int _all;

    public bool TryTake(IPAddress address)
    {
        var network = PeerNetwork.Of(address);
        lock (_gate)
        {
            var own = _taken.GetValueOrDefault(network);
            if (_all == InAll || own == OfOneNetwork)
            {
                return false;
            }

            _taken[network] = own + 1;
            _all++;
            return true;
        }
    }

    public void GiveBack(IPAddress address)
    {
        var network = PeerNetwork.Of(address);
        lock (_gate)
        {
            _all--;
            if (--_taken[network] == 0)
            {
                _taken.Remove(network);
            }
        }
    }
}
