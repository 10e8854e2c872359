using System.ComponentModel;
using OrleansTagCache.Cli.Running;
using Spectre.Console.Cli;

namespace OrleansTagCache.Cli.Contexts;

/// <summary>Where the key is, and what TLS needs: of a call, or of a context.</summary>
internal abstract class AccessSettings : OutputSettings
{
    [CommandOption("--key-file <FILE>")]
    [Description("a file whose first line is the API key; OTC_KEY holds the key itself")]
    public string? KeyFile { get; init; }

    [CommandOption("--key-command <COMMAND>")]
    [Description("a command that prints the API key")]
    public string? KeyCommand { get; init; }

    [CommandOption("--ca <FILE>")]
    [Description("PEM file of the authority of the silos' certificates")]
    public string? Authority { get; init; }

    [CommandOption("--cert <FILE>")]
    [Description("this client's certificate, PEM or PKCS#12 (its password in OTC_CERT_PASSWORD)")]
    public string? Certificate { get; init; }

    [CommandOption("--cert-key <FILE>")]
    [Description("PEM file of its private key")]
    public string? CertificateKey { get; init; }

    [CommandOption("--server-name <NAME>")]
    [Description("the name that the silos' certificates carry, if it is not the one in the URL")]
    public string? ServerName { get; init; }

    [CommandOption("--allow-plain-http")]
    [Description("send the API key without TLS to other machines")]
    public bool AllowPlainHttp { get; init; }
}
