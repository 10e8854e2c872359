using System.Net.Sockets;
using System.Text;

namespace OrleansTagCache.Testing;

/// <summary>Requests that no client library would send.</summary>
internal static class RawCall
{
    /// <summary>Sends the text on a connection of its own, and reads until that ends.</summary>
    public static async Task<string> Exchange(Uri silo, string request)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(silo.Host, silo.Port);
        await tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(tcp.GetStream(), Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }
}
