using Microsoft.Extensions.Options;

namespace OrleansTagCache.Tls;

/// <summary>Says everything that is wrong with the files and names of mutual TLS, at start-up.</summary>
/// <param name="isSilo">Whether the process is a silo: its certificate must then make it one for the others.</param>
internal sealed class ClusterTlsOptionsValidator(bool isSilo) : IValidateOptions<ClusterTlsOptions>
{
    private static readonly ClusterTlsOptionsRanges Ranges = new();

    public static IEnumerable<string> Faults(ClusterTlsOptions options, bool isSilo)
    {
        if (string.IsNullOrWhiteSpace(options.SiloName) || string.IsNullOrWhiteSpace(options.ClientName))
        {
            yield return $"{nameof(options.SiloName)} and {nameof(options.ClientName)} must be DNS names.";
        }

        foreach (var range in Ranges.Validate(null, options).Failures ?? [])
        {
            yield return range;
        }

        if (FaultOfFiles(options, isSilo) is { } fault)
        {
            yield return fault;
        }
    }

    public ValidateOptionsResult Validate(string? name, ClusterTlsOptions options) =>
        Faults(options, isSilo).ToList() is { Count: > 0 } faults ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;

    private static string? FaultOfFiles(ClusterTlsOptions options, bool isSilo)
    {
        try
        {
            var set = CertificateFiles.Read(options);
            string[] names = isSilo ? [options.SiloName] : [options.ClientName, options.SiloName];
            var refusal = PeerCheck.RefusalOf(set, PeerCheck.Client, names)
                ?? (isSilo ? PeerCheck.RefusalOf(set, PeerCheck.Server, names) : null);
            return refusal is null ? null : $"{nameof(options.Certificate)} would be refused by the others. {refusal}";
        }
        catch (InvalidDataException exception)
        {
            return exception.Message;
        }
    }
}

/// <summary>The rules that the attributes of the options state.</summary>
[OptionsValidator]
internal sealed partial class ClusterTlsOptionsRanges : IValidateOptions<ClusterTlsOptions>;
