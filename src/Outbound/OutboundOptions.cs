using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Options;

namespace OrleansTagCache;

/// <summary>Where the requests of one guarded <see cref="HttpClient"/> may go, and what they may take.</summary>
public sealed class OutboundOptions
{
    /// <summary>
    /// The only hosts: <c>api.example.com</c>, or <c>*.example.com</c> for every name below it, by default on the port of the scheme; <c>api.example.com:8443</c> names another.
    /// At least one.
    /// </summary>
    public IList<string> AllowedHosts { get; } = [];

    /// <summary>
    /// Networks such as <c>10.1.0.0/16</c> that are called although they are private, loopback, link-local or reserved. Default none.
    /// </summary>
    public IList<string> AllowedNetworks { get; } = [];

    /// <summary>Whether <c>http</c> is as good as <c>https</c>. Default false.</summary>
    public bool AllowHttp { get; set; }

    /// <summary>The largest response in bytes.</summary>
    /// <value>1 byte to 1 GiB; default 4 MiB.</value>
    [Range(1, 1024 * 1024 * 1024)]
    public int MaximumResponseBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>How long a request may take, redirects and the whole body included.</summary>
    /// <value>10 ms to 10 min; default 10 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:10:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many redirects are followed.</summary>
    /// <value>0 to 20; default 3.</value>
    [Range(0, 20)]
    public int MaximumRedirects { get; set; } = 3;
}

/// <summary>Says everything that is wrong with the options of a guarded client, at once, at start-up.</summary>
internal sealed class OutboundOptionsValidator : IValidateOptions<OutboundOptions>
{
    private readonly OutboundOptionsRanges _ranges = new();

    public ValidateOptionsResult Validate(string? name, OutboundOptions options)
    {
        string[] faults = [.. Rules(options), .. _ranges.Validate(name, options).Failures ?? []];
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static IEnumerable<string> Rules(OutboundOptions options)
    {
        if (options.AllowedHosts.Count == 0)
        {
            yield return $"{nameof(options.AllowedHosts)} must name at least one host.";
        }

        foreach (var host in options.AllowedHosts.Where(host => Outbound.HostRule.TryParse(host) is null))
        {
            yield return $"{nameof(options.AllowedHosts)} holds '{host}', which is not a host name, nor '*.' and a host name, nor one of these with a port.";
        }

        foreach (var network in options.AllowedNetworks.Where(network => !IPNetwork.TryParse(network, out _)))
        {
            yield return $"{nameof(options.AllowedNetworks)} holds '{network}', which is not a network such as 10.1.0.0/16.";
        }
    }
}

/// <summary>The rules that the attributes of the options state.</summary>
[OptionsValidator]
internal sealed partial class OutboundOptionsRanges : IValidateOptions<OutboundOptions>;
