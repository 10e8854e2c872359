using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Aspire.Hosting;

/// <summary>Free ports of this machine, which are held until the silos that they were chosen for are about to start, so that nothing else gets them meanwhile.</summary>
/// <remarks>Thread-safe.</remarks>
internal static class HeldPorts
{
    private static readonly ConcurrentDictionary<int, TcpListener> Held = [];

    public static int[] Take(int count) => [.. Enumerable.Range(0, count).Select(_ => Take())];

    public static void Release(int[] ports)
    {
        foreach (var port in ports)
        {
            if (Held.TryRemove(port, out var listener))
            {
                listener.Dispose();
            }
        }
    }

    private static int Take()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Held[port] = listener;
        return port;
    }
}
