using System.Text;
using OrleansTagCache.Cli.Running;

namespace OrleansTagCache.Cli.Api;

/// <summary>Paths of the HTTP API. They are relative, so that a URL may have a path of its own.</summary>
internal static class Paths
{
    public const string Cluster = "v1/cluster";
    public const string Diagnostics = "v1/diagnostics";
    public const string GetMany = "v1/entries/get";
    public const string Update = "v1/tags/update";
    public const string Revalidate = "v1/tags/revalidate";

    private static readonly UTF8Encoding Sound = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static string Entry(string key) => With("v1/entry", ("key", key));

    /// <summary>A path with a query; what is null is left out.</summary>
    public static string With(string path, params IEnumerable<(string Name, string? Value)> query) =>
        string.Join('&', query.Where(part => part.Value is not null).Select(part => $"{part.Name}={Escape(part.Name, part.Value!)}")) is { Length: > 0 } text ? $"{path}?{text}" : path;

    private static string Escape(string name, string value)
    {
        try
        {
            Sound.GetByteCount(value);
            return Uri.EscapeDataString(value);
        }
        catch (EncoderFallbackException)
        {
            throw CliFault.Usage($"The {name} is not sound text: it has half of a surrogate pair.");
        }
    }
}
