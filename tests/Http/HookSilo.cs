using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>A silo with webhooks.</summary>
public sealed class HookSilo : SiloServer
{
    public const string Secret = "the secret of the hooks, 32 characters";
    public const string NextSecret = "the next secret of the hooks, 32 characters";

    protected override string[] Settings =>
    [
        .. Hook("product", "product:{/product/id}"),
        .. Hook("variants", "product:{/variants/*/id}", "all"),
        .. Hook("everything", "*"),
        .. Hook("stale", "product:{/product/id}"),
        .. Hook("bare", "{/tag}"),
        "--TagCache:Hooks:stale:Action=Revalidate",
        "--TagCache:Hooks:stale:Profile=hours",
        $"--TagCache:Hooks:product:Secrets:1={NextSecret}",
    ];

    public static string Now(int seconds = 0) => (TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + seconds).ToString(CultureInfo.InvariantCulture);

    public static string Sign(string timestamp, string body, string secret = Secret) => "v1=" + Convert.ToHexStringLower(
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{timestamp}.{body}")));

    /// <summary>Calls a hook, signed unless something else is given.</summary>
    internal async Task<Reply> Call(string hook, string body, string? timestamp = null, string? signature = null, string secret = Secret)
    {
        timestamp ??= Now();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/hooks/{hook}") { Content = SiloCalls.Body(body) };
        Assert.True(request.Headers.TryAddWithoutValidation("Tag-Cache-Timestamp", timestamp));
        Assert.True(request.Headers.TryAddWithoutValidation("Tag-Cache-Signature", signature ?? Sign(timestamp, body, secret)));
        return await Reply.Of(await Http.SendAsync(request));
    }

    private static IEnumerable<string> Hook(string name, params string[] tags) =>
        tags.Select((tag, i) => $"--TagCache:Hooks:{name}:Tags:{i}={tag}").Append($"--TagCache:Hooks:{name}:Secrets:0={Secret}");
}
