namespace OrleansTagCache.Silo.StartUp;

/// <summary>Where the HTTP API is told to listen, in both of ASP.NET Core's ways: <c>urls</c> and <c>Kestrel:Endpoints</c>.</summary>
internal static class Addresses
{
    public const string Default = "http://127.0.0.1:8080";

    private static readonly string[] PortSettings = ["http_ports", "https_ports"];

    /// <summary>Everything that is wrong with them.</summary>
    public static IEnumerable<string> Faults(IConfiguration configuration, bool loopbackOnly)
    {
        foreach (var (setting, url) in Named(configuration))
        {
            var uri = Parse(url);
            if (uri is null || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps) || uri.AbsolutePath != "/")
            {
                yield return $"{setting} holds '{url}', which is not an http address. An example: {Default}";
            }
            else if (!uri.IsLoopback && loopbackOnly)
            {
                yield return $"{setting} names {uri.Host}: without access keys the silo listens on loopback only. Use http://127.0.0.1:{uri.Port}, or make a key by the command 'keys create'.";
            }
        }
    }

    /// <summary>The ports that will be listened on; the addresses must have no <see cref="Faults"/>.</summary>
    public static IEnumerable<(string Setting, int Port)> Ports(IConfiguration configuration) =>
        Named(configuration).Select(address => (address.Setting, Parse(address.Url)!.Port)).Where(address => address.Port != 0);

    /// <summary>Those that other machines reach without TLS.</summary>
    public static IEnumerable<string> InClearText(IConfiguration configuration) =>
        Named(configuration).Select(address => address.Url).Where(url => Parse(url) is { IsLoopback: false } uri && uri.Scheme == Uri.UriSchemeHttp);

    private static IEnumerable<(string Setting, string Url)> Named(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().ToList();
        return endpoints.Select(endpoint => ($"{endpoint.Path}:Url", endpoint["Url"] ?? string.Empty))
            .Concat(Split(configuration["urls"]).Select(url => ("urls", url)))
            .Concat(PortSettings.Where(name => !string.IsNullOrWhiteSpace(configuration[name])).Select(name => (name, "http://0.0.0.0")));
    }

    private static string[] Split(string? urls) => (urls ?? string.Empty).Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    // The host names * and + are Kestrel's for every address.
    private static Uri? Parse(string url) => Uri.TryCreate(
        url.Replace("//*", "//0.0.0.0", StringComparison.Ordinal).Replace("//+", "//0.0.0.0", StringComparison.Ordinal), UriKind.Absolute, out var uri) ? uri : null;
}
