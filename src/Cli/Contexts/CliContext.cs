using System.Text.Json.Serialization;

namespace OrleansTagCache.Cli.Contexts;

/// <summary>A cluster as the user has named it: where its silos are, and where the key is. It never holds the key itself.</summary>
internal sealed record CliContext
{
    public required string[] Urls { get; init; }

    /// <summary>A file whose first line is the key.</summary>
    public string? KeyFile { get; init; }

    /// <summary>A command that prints the key.</summary>
    public string? KeyCommand { get; init; }

    /// <summary>A variable of the environment that holds the key.</summary>
    public string? KeyVariable { get; init; }

    /// <summary>The authority that the silos' certificates are of; null for those that the machine trusts.</summary>
    public string? Authority { get; init; }

    /// <summary>This client's certificate.</summary>
    public string? Certificate { get; init; }

    /// <summary>Its private key, if the certificate's file does not hold it.</summary>
    public string? CertificateKey { get; init; }

    /// <summary>The name that the silos' certificates carry; null for the one in the URL.</summary>
    public string? ServerName { get; init; }

    /// <summary>Whether the key may travel without TLS to other machines.</summary>
    public bool AllowPlainHttp { get; init; }

    /// <summary>How the key is found, for people.</summary>
    [JsonIgnore]
    public string KeySource => this switch
    {
        { KeyFile: { } file } => $"file {file}",
        { KeyCommand: { } command } => $"command {command}",
        { KeyVariable: { } variable } => $"variable {variable}",
        _ => "none",
    };
}

/// <summary>The file of contexts.</summary>
internal sealed record ContextBook
{
    /// <summary>The one that is used when none is named.</summary>
    public string? Current { get; init; }

    public Dictionary<string, CliContext> Contexts { get; init; } = new(StringComparer.Ordinal);
}
