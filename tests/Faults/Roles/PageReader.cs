using System.Net;
using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Roles;

/// <summary>Asks application processes for pages, as a browser behind a balancer does: all of them are one host.</summary>
/// <remarks>Thread-safe.</remarks>
internal static class PageReader
{
    private const string HostName = "application.test";

    /// <summary>Longer than a process is frozen: it answers what was asked meanwhile when it wakes, full of old values.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(25);

    public static string PathOf(Surface surface) => surface == Surface.Pages ? "/page/" : "/page-of-entries/";

    public static HttpClient NewClient() => new(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { Timeout = Patience };

    /// <exception cref="HttpRequestException">The process did not answer, or with an error.</exception>
    public static async Task<string> Read(HttpClient client, Node node, Surface surface, int key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.Address, $"{PathOf(surface)}{key}"));
        request.Headers.Host = HostName;
        using var answer = await client.SendAsync(request);
        return answer.StatusCode == HttpStatusCode.OK
            ? await answer.Content.ReadAsStringAsync()
            : throw new HttpRequestException("A page could not be made.", inner: null, answer.StatusCode);
    }
}
