using OrleansTagCache.Cli.Running;

namespace OrleansTagCache.Cli.Contexts;

/// <summary>Which silos a command calls, and with what.</summary>
/// <param name="Urls">Where they are, in the order in which they are asked.</param>
/// <param name="Key">The API key; null for none.</param>
/// <param name="Context">The name of the context that this is from; null for none.</param>
/// <param name="Tls">What the connections need.</param>
internal sealed record Target(Uri[] Urls, string? Key, string? Context, CliContext Tls)
{
    /// <summary>Whether nothing said where silos are.</summary>
    public bool IsDefault { get; private init; }

    private const int MostUrls = 64;

    private const string Default = "http://127.0.0.1:8080";

    /// <summary>
    /// From the options, the environment and the contexts, in this order. URLs of the command line or the environment stand alone: the key and the certificates of the current context are sent
    /// to its own silos only, unless the context is named beside them.
    /// </summary>
    /// <exception cref="CliFault">Something of it is wrong.</exception>
    public static async Task<Target> Find(ConnectionSettings settings, CancellationToken cancellationToken)
    {
        var host = settings.Host;
        var named = settings.Context ?? host.Variable("OTC_CONTEXT");
        var urls = settings.Urls is { Length: > 0 } given ? given : host.Variable("OTC_URL") is { } variable ? [variable] : null;
        var (name, context) = urls is null || named is not null ? FindContext(host, named) : (null, null);
        var chosen = context ?? new() { Urls = [Default] };
        chosen = chosen with
        {
            Urls = urls ?? chosen.Urls,
            Authority = settings.Authority ?? chosen.Authority,
            Certificate = settings.Certificate ?? chosen.Certificate,
            CertificateKey = settings.Certificate is null ? settings.CertificateKey ?? chosen.CertificateKey : settings.CertificateKey,
            ServerName = settings.ServerName ?? chosen.ServerName,
            AllowPlainHttp = settings.AllowPlainHttp || chosen.AllowPlainHttp,
        };
        var parsed = Parse(chosen.Urls);
        var key = await FindKey(settings, chosen, cancellationToken);
        if (key is not null && !chosen.AllowPlainHttp && parsed.FirstOrDefault(url => url.Scheme == Uri.UriSchemeHttp && !url.IsLoopback) is { } plain)
        {
            throw CliFault.Usage($"The API key would travel to {Show(plain)} without TLS, where others can read it.", "Use https, or --allow-plain-http where the network itself is trusted.");
        }

        return new(parsed, key, name, chosen) { IsDefault = urls is null && context is null };
    }

    /// <summary>Each text as one URL, or several with commas between them.</summary>
    /// <exception cref="CliFault">One is not the URL of a silo.</exception>
    public static Uri[] Parse(IEnumerable<string> texts)
    {
        var urls = texts.SelectMany(text => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Select(ParseOne).Distinct().ToArray();
        return urls.Length switch
        {
            0 => throw CliFault.Usage("No URL of a silo is given.", $"Such as --url {Default}"),
            > MostUrls => throw CliFault.Usage($"At most {MostUrls} URLs may be given; these are {urls.Length}."),
            _ => urls,
        };
    }

    /// <summary>A URL as it was typed.</summary>
    public static string Show(Uri url) => url.AbsoluteUri.TrimEnd('/');

    private static Uri ParseOne(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
        {
            throw CliFault.Usage($"'{text}' is not the URL of a silo.", $"Such as {Default}, or https://silo1.example:8443");
        }

        if (url.UserInfo.Length > 0 || url.Query.Length > 0 || url.Fragment.Length > 0)
        {
            throw CliFault.Usage("The URL of a silo has a user, a query or a fragment, which it cannot have.", "Keys go into OTC_KEY, a file, or a command.");
        }

        return url.AbsolutePath.EndsWith('/') ? url : new Uri($"{url.AbsoluteUri}/");
    }

    private static (string? Name, CliContext? Context) FindContext(CliHost host, string? named)
    {
        var file = new ContextFile(host);
        var book = file.Read();
        if ((named ?? book.Current) is not { } name)
        {
            return (null, null);
        }

        return book.Contexts.TryGetValue(name, out var context)
            ? (name, context)
            : throw CliFault.Usage($"There is no context '{name}' in '{file.Path}'.", book.Contexts.Count == 0 ? "Add one: otc context add" : $"There are: {string.Join(", ", book.Contexts.Keys.Order(StringComparer.Ordinal))}");
    }

    private static async Task<string?> FindKey(ConnectionSettings settings, CliContext context, CancellationToken cancellationToken)
    {
        var host = settings.Host;
        if (settings is { KeyFile: not null, KeyCommand: not null })
        {
            throw CliFault.Usage("Give either --key-file or --key-command; this call gives both.");
        }

        return (settings, context) switch
        {
            ({ KeyFile: { } file }, _) => KeySource.FromFile(file, host),
            ({ KeyCommand: { } command }, _) => await KeySource.FromCommand(command, host.Time, cancellationToken),
            _ when host.Variable("OTC_KEY") is { } key => KeySource.Check(key, "the variable OTC_KEY"),
            (_, { KeyFile: { } file }) => KeySource.FromFile(file, host),
            (_, { KeyCommand: { } command }) => await KeySource.FromCommand(command, host.Time, cancellationToken),
            (_, { KeyVariable: { } variable }) => KeySource.Check(host.Variable(variable), $"the variable {variable}, which the context names,"),
            _ => null,
        };
    }
}
