using System.Net;
using System.Net.Sockets;

namespace OrleansTagCache.Testing;

/// <summary>Ports of the loopback that nobody listens on. None is given out twice.</summary>
internal static class FreePorts
{
    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Taken = [];

    public static int[] Take(int count)
    {
        lock (Gate)
        {
            var ports = new List<int>();
            var listeners = new List<TcpListener>();
            while (ports.Count < count)
            {
                var listener = Listen();
                listeners.Add(listener);
                if (Taken.Add(PortOf(listener)))
                {
                    ports.Add(PortOf(listener));
                }
            }

            listeners.ForEach(listener => listener.Dispose());
            return [.. ports];
        }
    }

    /// <summary>A listener on a port that was free.</summary>
    public static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0) { ExclusiveAddressUse = true };
        listener.Start();
        return listener;
    }

    public static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
}
