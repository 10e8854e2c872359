using System.Net;
using System.Text;
using OrleansTagCache.Fuzz.Engine;
using OrleansTagCache.Http.Authentication;

namespace OrleansTagCache.Fuzz.Targets;

/// <summary>Only a program on this machine is taken for one.</summary>
internal sealed class LocalTarget : IFuzzTarget
{
    public string Name => "local";

    public IReadOnlyList<byte[]> Samples { get; } = InputReader.Texts("127.0.0.1", "localhost:8080", "[::1]:8080", "evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "127.1", "http://127.0.0.1");

    public void Run(ReadOnlySpan<byte> input)
    {
        var host = Encoding.Latin1.GetString(input);
        var request = new DefaultHttpContext().Request;
        request.Scheme = "http";
        request.Headers.Host = host;
        if (!Uri.TryCreate($"http://{host}/", UriKind.Absolute, out var uri))
        {
            // The server does not let it through.
            return;
        }

        var name = uri.Host.Trim('[', ']');
        var isLoopback = name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(name, out var address) && IPAddress.IsLoopback(address));
        OracleException.Require(!LocalRequest.HasLocalHeaders(request) || isLoopback, "Another host was taken for this machine.");
        (request.Headers.Host, request.Headers.Origin) = ("127.0.0.1:8080", host);
        OracleException.Require(!LocalRequest.HasLocalHeaders(request) || host == "http://127.0.0.1:8080", "A page of another origin was taken for a program on this machine.");
    }
}
