using Microsoft.Extensions.Options;

namespace OrleansTagCache.Tls;

/// <summary>Says everything that is wrong with the files and names of mutual TLS, at start-up.</summary>
internal sealed class ClusterTlsOptionsValidator : IValidateOptions<ClusterTlsOptions>
{
    public static IEnumerable<string> Faults(ClusterTlsOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.SiloName) || string.IsNullOrWhiteSpace(options.ClientName))
        {
            yield return $"{nameof(options.SiloName)} and {nameof(options.ClientName)} must be DNS names.";
        }

        if (options.HandshakeTimeout < TimeSpan.FromSeconds(1) || options.HandshakeTimeout > TimeSpan.FromMinutes(1))
        {
            yield return $"{nameof(options.HandshakeTimeout)} must be from 00:00:01 to 00:01:00; it is {options.HandshakeTimeout}.";
        }

        if (FaultOfFiles(options) is { } fault)
        {
            yield return fault;
        }
    }

    public ValidateOptionsResult Validate(string? name, ClusterTlsOptions options) =>
        Faults(options).ToList() is { Count: > 0 } faults ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;

    private static string? FaultOfFiles(ClusterTlsOptions options)
    {
        try
        {
            var set = CertificateFiles.Read(options);
            return PeerCheck.Refusal(set.Own, set.Between, set.Authorities, PeerCheck.Client, options.SiloName, options.ClientName) is { } refusal
                ? $"{nameof(options.Certificate)} would be refused by the others. {refusal}"
                : null;
        }
        catch (InvalidDataException exception)
        {
            return exception.Message;
        }
    }
}
