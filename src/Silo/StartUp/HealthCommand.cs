using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace OrleansTagCache.Silo.StartUp;

/// <summary>
/// <c>health</c>: asks a silo of this machine whether it is ready, for health checks in containers that have no other program to ask with. Where the silo listens, it reads from the silo's own settings.
/// </summary>
internal static class HealthCommand
{
    private const string Usage = """
        Usage:
          health [URL] [SETTINGS...]    asks /health/ready where the silo's settings say that it listens, or the URL, and ends with 0 if the answer is 200, with 1 if not.
                                        SETTINGS are those that the silo has on its command line, such as --urls=http://127.0.0.1:8081
        """;

    private const string Path = "/health/ready";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static bool Is(string[] args) => args is ["health", ..];

    /// <summary>Whether the silo answers that it is ready.</summary>
    /// <exception cref="StartUpFault">The words of the command, or the silo's settings, are wrong.</exception>
    public static async Task<bool> Run(string[] args, TextWriter output)
    {
        var (url, isOwn) = args switch
        {
            [_] or [_, ['-', ..], ..] => (OwnUrl(args[1..]), true),
            [_, var text, ..] when Uri.TryCreate(text, UriKind.Absolute, out var named) && (named.Scheme == Uri.UriSchemeHttp || named.Scheme == Uri.UriSchemeHttps) => (named, named.IsLoopback),
            _ => throw new StartUpFault(Usage),
        };

        // The certificate of a silo of this machine has another name, and perhaps a private authority. Nothing secret is sent to it.
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new() { RemoteCertificateValidationCallback = (_, _, _, errors) => isOwn || errors == SslPolicyErrors.None },
        };
        using var http = new HttpClient(handler) { Timeout = Patience };
        try
        {
            using var answer = await http.GetAsync(url);
            await output.WriteLineAsync($"{url} answers {(int)answer.StatusCode}.");
            return answer.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            var why = exception is TaskCanceledException ? $"nothing came within {Patience.TotalSeconds:0} s." : exception.GetBaseException().Message;
            await output.WriteLineAsync($"{url} does not answer: {why}");
            return false;
        }
    }

    /// <summary>Where the silo of these settings listens. Endpoints of Kestrel make every other setting void; of several addresses one without TLS is taken, since TLS may ask for certificates.</summary>
    private static Uri OwnUrl(string[] settings)
    {
        using var configuration = SiloProgram.Configure(settings).Configuration;
        if (Addresses.Faults(configuration, loopbackOnly: false).ToList() is [_, ..] faults)
        {
            throw new StartUpFault(faults);
        }

        var named = Addresses.Ports(configuration).ToList();
        var endpoints = named.FindAll(at => at.Setting.StartsWith("Kestrel:", StringComparison.Ordinal));
        var (scheme, address, port) = (endpoints.Count > 0 ? endpoints : named).Select(at => (Scheme: SchemeOf(configuration, at.Setting, at.Port), at.Address, at.Port))
            .OrderBy(at => at.Scheme == Uri.UriSchemeHttps).FirstOrDefault();
        if (address is null)
        {
            throw new StartUpFault("The silo's settings leave its port to the system: name the URL.");
        }

        var host = address.Equals(IPAddress.Any) ? IPAddress.Loopback : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address;
        return new UriBuilder(scheme, host.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{host}]" : host.ToString(), port, Path).Uri;
    }

    /// <summary>http or https, by the setting that names the port.</summary>
    private static string SchemeOf(ConfigurationManager configuration, string setting, int port) => setting switch
    {
        "HTTP_PORTS" => Uri.UriSchemeHttp,
        "HTTPS_PORTS" => Uri.UriSchemeHttps,
        _ => configuration[setting]!.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(BindingAddress.Parse).First(named => named.Port == port).Scheme,
    };
}
