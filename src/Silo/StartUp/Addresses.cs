using System.Globalization;
using System.Net;

namespace OrleansTagCache.Silo.StartUp;

/// <summary>
/// Where the HTTP API is told to listen, in all of ASP.NET Core's ways: <c>Kestrel:Endpoints</c>, <c>urls</c>, and, where there are neither, <c>HTTP_PORTS</c> and
/// <c>HTTPS_PORTS</c>, which stand for every address of the machine.
/// </summary>
internal static class Addresses
{
    public const string Default = "http://127.0.0.1:8080";

    private const string Urls = "urls";

    private static readonly (string Setting, string Scheme)[] PortSettings = [("HTTP_PORTS", Uri.UriSchemeHttp), ("HTTPS_PORTS", Uri.UriSchemeHttps)];

    /// <summary>Gives the program its own address, where nothing says another.</summary>
    public static void AddDefault(IConfiguration configuration)
    {
        if (string.IsNullOrWhiteSpace(configuration[Urls]))
        {
            configuration[Urls] = Endpoints(configuration).Count > 0 || NamedPorts(configuration).Any() ? string.Empty : Default;
        }
    }

    /// <summary>Everything that is wrong with them.</summary>
    public static IEnumerable<string> Faults(IConfiguration configuration, bool loopbackOnly)
    {
        foreach (var (setting, scheme, port) in NamedPorts(configuration))
        {
            if (!ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                yield return $"{setting} holds '{port}', which is not a port.";
            }
            else if (loopbackOnly)
            {
                yield return $"{setting} names port {port} of every address of this machine: without API keys the silo listens on loopback only. Use --{Urls}={scheme}://127.0.0.1:{port}, or create a key with 'keys create'.";
            }
        }

        foreach (var (setting, url) in NamedUrls(configuration))
        {
            var uri = Parse(url);
            if (uri is null || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps) || uri.AbsolutePath != "/")
            {
                yield return $"{setting} holds '{url}', which is not an http address. An example: {Default}";
            }
            else if (!IsLoopback(url) && loopbackOnly)
            {
                yield return $"{setting} names {(uri.IsLoopback ? BindingAddress.Parse(url).Host : uri.Host)}: without API keys the silo listens on loopback only. Use http://127.0.0.1:{uri.Port}, or create a key with 'keys create'.";
            }
        }
    }

    /// <summary>The ports that will be listened on; the addresses must have no <see cref="Faults"/>.</summary>
    public static IEnumerable<(string Setting, IPAddress Address, int Port)> Ports(IConfiguration configuration) =>
        Named(configuration).Select(address => (address.Setting, AddressOf(address.Url), Parse(address.Url)!.Port)).Where(address => address.Port != 0);

    /// <summary>Those that other machines reach without TLS.</summary>
    public static IEnumerable<string> InClearText(IConfiguration configuration) =>
        Named(configuration).Select(address => address.Url).Where(url => !IsLoopback(url) && Parse(url)?.Scheme == Uri.UriSchemeHttp);

    private static IEnumerable<(string Setting, string Url)> Named(IConfiguration configuration) =>
        NamedUrls(configuration).Concat(NamedPorts(configuration).Select(named => (named.Setting, $"{named.Scheme}://*:{named.Port}")));

    private static IEnumerable<(string Setting, string Url)> NamedUrls(IConfiguration configuration) =>
        Endpoints(configuration).Select(endpoint => ($"{endpoint.Path}:Url", endpoint["Url"] ?? string.Empty))
            .Concat(Split(configuration[Urls]).Select(url => (Urls, url)));

    /// <summary>The ports that are listened on because nothing names an address.</summary>
    private static IEnumerable<(string Setting, string Scheme, string Port)> NamedPorts(IConfiguration configuration) =>
        Split(configuration[Urls]).Length > 0 || Endpoints(configuration).Count > 0
            ? []
            : PortSettings.SelectMany(setting => Split(configuration[setting.Setting]).Select(port => (setting.Setting, setting.Scheme, port)));

    private static List<IConfigurationSection> Endpoints(IConfiguration configuration) => [.. configuration.GetSection("Kestrel:Endpoints").GetChildren()];

    private static string[] Split(string? urls) => (urls ?? string.Empty).Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static bool IsLoopback(string url) => IPAddress.IsLoopback(AddressOf(url));

    /// <summary>Where Kestrel listens then: on an address that is named, on loopback for the one name <c>localhost</c>, and for every other name on all addresses.</summary>
    private static IPAddress AddressOf(string url)
    {
        var host = BindingAddress.Parse(url).Host;
        return IPAddress.TryParse(host.AsSpan().Trim("[]"), out var address) ? address : host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? IPAddress.Loopback : IPAddress.Any;
    }

    // The host names * and + are Kestrel's for every address.
    private static Uri? Parse(string url) => Uri.TryCreate(
        url.Replace("//*", "//0.0.0.0", StringComparison.Ordinal).Replace("//+", "//0.0.0.0", StringComparison.Ordinal), UriKind.Absolute, out var uri) ? uri : null;
}
