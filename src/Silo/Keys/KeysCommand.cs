using System.Globalization;
using OrleansTagCache.Http;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Names;
using OrleansTagCache.Silo.StartUp;

namespace OrleansTagCache.Silo.Keys;

/// <summary><c>keys create</c>, <c>keys list</c>, <c>keys expire</c>: API keys from the command line. A key is shown once, when it is made.</summary>
internal static class KeysCommand
{
    private const string Usage = """
        Usage:
          keys create --namespace NAME --scopes read,write,invalidate,admin [--expires 2027-01-31T00:00:00Z | 90d] [--file keys.json]
          keys list --file keys.json
          keys expire ID --file keys.json [--expires 2027-01-31T00:00:00Z | 7d]
        """;

    private static readonly string[] Options = ["namespace", "scopes", "expires", "file"];

    public static bool Is(string[] args) => args is ["keys", ..];

    /// <exception cref="StartUpFault">The words of the command are wrong, or the file cannot be used.</exception>
    public static void Run(string[] args, TextWriter output, TimeProvider time)
    {
        try
        {
            switch (args)
            {
                case [_, "create", .. var rest]:
                    Create(Parse(rest), output, time);
                    break;
                case [_, "list", .. var rest]:
                    List(Required(Parse(rest), "file"), output);
                    break;
                case [_, "expire", var id, .. var rest]:
                    Expire(id, Parse(rest), output, time);
                    break;
                default:
                    throw new StartUpFault(Usage);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException or FormatException)
        {
            throw new StartUpFault(exception.Message);
        }
    }

    private static void Create(IConfiguration options, TextWriter output, TimeProvider time)
    {
        var scopes = Required(options, "scopes");
        if (!ScopeNames.TryParse(scopes, out var parsed))
        {
            throw new StartUpFault($"--scopes must be some of {ScopeNames.Known}, separated by commas; it is '{scopes}'.");
        }

        var (id, text) = ApiKeyText.Create();
        var key = new ApiKeyOptions
        {
            Hash = Convert.ToHexStringLower(ApiKeyText.Hash(text)),
            Namespace = CacheNamespace.Parse(Required(options, "namespace")).Value,
            Scopes = ScopeNames.Of(parsed),
            Expires = options["expires"] is { } expires ? Moment(expires, time) : null,
        };
        if (options["file"] is { } file)
        {
            KeyFile.Put(file, id, key);
            output.WriteLine($"Stored (hashed) in {file}; start silos with --TagCache:Access:File={file}");
        }
        else
        {
            output.WriteLine("For the configuration of every silo:");
            output.WriteLine(KeyFile.Show(KeyFile.Of(id, key)));
        }

        output.WriteLine("The key, shown this once:");
        output.WriteLine(text);
    }

    private static void List(string file, TextWriter output)
    {
        foreach (var (id, key) in KeyFile.All(file).OrderBy(key => key.Key, StringComparer.Ordinal))
        {
            output.WriteLine($"{id}  namespace={key.Namespace}  scopes={key.Scopes}  expires={key.Expires ?? "never"}");
        }
    }

    private static void Expire(string id, IConfiguration options, TextWriter output, TimeProvider time)
    {
        var file = Required(options, "file");
        var key = KeyFile.All(file).GetValueOrDefault(id) ?? throw new StartUpFault($"'{file}' has no key '{id}'.");
        key.Expires = Moment(options["expires"] ?? "0d", time);
        KeyFile.Put(file, id, key);
        output.WriteLine($"{id} ends {key.Expires}.");
    }

    private static string Moment(string text, TimeProvider time)
    {
        var moment = text.EndsWith('d') && int.TryParse(text.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var days) && days <= 36_500
            ? time.GetUtcNow().AddDays(days)
            : ApiKeyRules.TryReadExpiry(text, out var read) ? read : throw new StartUpFault($"--expires must be a moment such as 2027-01-31T00:00:00Z, or days such as 90d; it is '{text}'.");
        return moment.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
    }

    private static string Required(IConfiguration options, string name) =>
        options[name] is { Length: > 0 } value ? value : throw new StartUpFault($"--{name} is missing.{Environment.NewLine}{Usage}");

    private static IConfiguration Parse(string[] args)
    {
        var options = new ConfigurationBuilder().AddCommandLine(args).Build();
        return options.AsEnumerable().Select(option => option.Key).Except(Options, StringComparer.OrdinalIgnoreCase).FirstOrDefault() is { } unknown
            ? throw new StartUpFault($"--{unknown} is not an option.{Environment.NewLine}{Usage}")
            : options;
    }
}
