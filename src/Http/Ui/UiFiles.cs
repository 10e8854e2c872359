using System.Collections.Frozen;
using System.Security.Cryptography;
using OrleansTagCache.Http.Messages;

namespace OrleansTagCache.Http.Ui;

/// <summary>The files of the operators' page. They are in the assembly, hold nothing of the cache, and are open to everyone who reaches the port.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class UiFiles
{
    /// <summary>The page runs its own scripts and styles, calls its own host, and is shown in no frame. No text is made into markup or script: its scripts do not, and the browser would refuse.</summary>
    public const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
        + "require-trusted-types-for 'script'; trusted-types 'none'";

    private const string Prefix = "ui/";
    private const string Page = "index.html";

    private readonly Lazy<FrozenDictionary<string, UiFile>> _files = new(Read);

    /// <summary>A file, or the page itself.</summary>
    /// <param name="http">The request.</param>
    /// <param name="path">Its name; none for the page.</param>
    public IResult Get(HttpContext http, string? path)
    {
        if (string.IsNullOrEmpty(path) && http.Request.Path.Value!.EndsWith('/'))
        {
            // Addresses in the page are relative to its own. This one is, too: whatever the host and the prefix are called.
            http.Response.Headers.Location = "../ui";
            return Results.StatusCode(StatusCodes.Status308PermanentRedirect);
        }

        if (!_files.Value.TryGetValue(string.IsNullOrEmpty(path) ? Page : path, out var file))
        {
            return Problems.NotFound("There is no such file.");
        }

        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";

        // Kept, and asked for again each time: after an upgrade no browser mixes files of two versions for long.
        headers.CacheControl = "no-cache";
        headers.ETag = file.Tag;
        return http.Request.Headers.IfNoneMatch.Contains(file.Tag) ? Results.StatusCode(StatusCodes.Status304NotModified) : PiecesAnswer.Of(file.Bytes, file.ContentType);
    }

    private static FrozenDictionary<string, UiFile> Read()
    {
        var assembly = typeof(UiFiles).Assembly;
        return assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).ToFrozenDictionary(
            name => name[Prefix.Length..].Replace('\\', '/'),
            name =>
            {
                using var stream = assembly.GetManifestResourceStream(name)!;
                var bytes = new byte[stream.Length];
                stream.ReadExactly(bytes);
                return new UiFile(bytes, TypeOf(name), $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16))}\"");
            },
            StringComparer.Ordinal);
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".txt" => "text/plain; charset=utf-8",
        _ => "image/svg+xml",
    };

    private sealed record UiFile(byte[] Bytes, string ContentType, string Tag);
}
