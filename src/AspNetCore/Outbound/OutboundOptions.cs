using System.Net;

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

    /// <summary>The largest response in bytes. 1 to 1 GiB; default 4 MiB.</summary>
    public int MaximumResponseBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>How long a request may take, redirects and the whole body included. 10 ms to 10 min; default 10 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many redirects are followed. 0 to 20; default 3.</summary>
    public int MaximumRedirects { get; set; } = 3;

    internal IEnumerable<string> Faults()
    {
        if (AllowedHosts.Count == 0)
        {
            yield return $"{nameof(AllowedHosts)} must name at least one host.";
        }

        foreach (var host in AllowedHosts.Where(host => Outbound.HostRule.TryParse(host) is null))
        {
            yield return $"{nameof(AllowedHosts)} holds '{host}', which is no host name, '*.' and a host name, or one of these with a port.";
        }

        foreach (var network in AllowedNetworks.Where(network => !IPNetwork.TryParse(network, out _)))
        {
            yield return $"{nameof(AllowedNetworks)} holds '{network}', which is no network such as 10.1.0.0/16.";
        }

        if (MaximumResponseBytes is < 1 or > 1024 * 1024 * 1024)
        {
            yield return $"{nameof(MaximumResponseBytes)} must be from 1 to {1024 * 1024 * 1024}; it is {MaximumResponseBytes}.";
        }

        if (Timeout < TimeSpan.FromMilliseconds(10) || Timeout > TimeSpan.FromMinutes(10))
        {
            yield return $"{nameof(Timeout)} must be from 00:00:00.01 to 00:10:00; it is {Timeout}.";
        }

        if (MaximumRedirects is < 0 or > 20)
        {
            yield return $"{nameof(MaximumRedirects)} must be from 0 to 20; it is {MaximumRedirects}.";
        }
    }
}
