using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansTagCache.Http.Tokens;

namespace OrleansTagCache.Http.Authentication;

/// <summary>
/// The sessions of the operators' page. Nothing of them is kept here: a session is a sealed cookie that names its key, good at every silo of the cluster, and each request asks whether the key is still valid. So a key that
/// expires or is removed ends its sessions. A session that is signed out ends in its browser; a copy of its cookie is good until its end.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class UiSessions(SealedTokens tokens, ApiKeyRing keys, IOptions<ClusterOptions> cluster, IOptions<TagCacheHttpOptions> options, TimeProvider time)
{
    /// <summary>What a browser takes from this very host alone, over TLS alone.</summary>
    private const string HostPrefix = "__Host-";

    /// <summary>Cookies know no ports: clusters beside each other on one host have each their own.</summary>
    private readonly Lazy<string> _name = new(() => $"tagcache-ui-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(cluster.Value.ClusterId)).AsSpan(0, 4))}");

    public bool AreOn { get; } = options.Value.Ui.Enabled;

    /// <summary>The session of a request of the page, not verified; null for other requests.</summary>
    public string? TextOf(HttpRequest request) => !AreOn || !UiRequest.IsFromPage(request)
        ? null
        : request.Cookies[HostPrefix + _name.Value] ?? (request.IsHttps ? null : request.Cookies[_name.Value]);

    /// <summary>The session, if it has not ended, and its key, if that is valid and may see the page.</summary>
    /// <exception cref="TimeoutException">The secrets cannot be had.</exception>
    public async ValueTask<(UiSession Session, ApiKey Key)?> Find(string text) =>
        await tokens.VerifySession(text) is { } session && !session.HasEnded(time.GetUtcNow()) && keys.FindNamed(session.KeyId) is { } key && session.KeyPrint == PrintOf(key) && key.Caller.May(Scopes.Admin)
            ? (session, key)
            : null;

    /// <summary>Begins a session.</summary>
    /// <exception cref="TimeoutException">The secrets cannot be had.</exception>
    public ValueTask Begin(HttpContext http, ApiKey key) => Give(http, UiSession.Begin(key.Id, PrintOf(key), time.GetUtcNow()));

    /// <summary>Lets a session last longer, if it has not ended.</summary>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="TimeoutException">The secrets cannot be had.</exception>
    public async ValueTask<bool> TryRenew(HttpContext http)
    {
        if (TextOf(http.Request) is not { } text || await Find(text) is not { } found)
        {
            return false;
        }

        await Give(http, found.Session.Renewed(time.GetUtcNow()));
        return true;
    }

    /// <summary>Has the browser forget its session.</summary>
    public void End(HttpContext http)
    {
        http.Response.Cookies.Delete(_name.Value, Cookie(isSecure: false));
        http.Response.Cookies.Delete(HostPrefix + _name.Value, Cookie(isSecure: true));
    }

    private static ulong PrintOf(ApiKey key) => BinaryPrimitives.ReadUInt64LittleEndian(key.Hash);

    private async ValueTask Give(HttpContext http, UiSession session)
    {
        var isSecure = http.Request.IsHttps || http.Request.Headers.Origin.ToString().StartsWith("https://", StringComparison.OrdinalIgnoreCase);
        http.Response.Cookies.Append((isSecure ? HostPrefix : string.Empty) + _name.Value, await tokens.Protect(session), Cookie(isSecure));
    }

    /// <summary>It is gone when the browser is closed.</summary>
    private static CookieOptions Cookie(bool isSecure) => new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = isSecure, Path = "/", IsEssential = true };
}
