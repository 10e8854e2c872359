using System.Data.Common;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Hosting;

/// <summary>A cluster as one line: <c>Gateways=cache-0:30000,cache-1:30000;ClusterId=tagcache;ServiceId=tagcache</c>.</summary>
/// <param name="Gateways">As <c>UseGatewayNames</c> takes them.</param>
/// <param name="ClusterId">Of the silos.</param>
/// <param name="ServiceId">Of the silos.</param>
internal sealed record SilosConnection(string[] Gateways, string ClusterId, string ServiceId)
{
    private const string DefaultId = "tagcache";

    private static readonly string[] Known = [nameof(Gateways), nameof(ClusterId), nameof(ServiceId)];

    /// <exception cref="FormatException">What is wrong with it.</exception>
    public static SilosConnection Parse(string text)
    {
        var parts = new DbConnectionStringBuilder();
        try
        {
            parts.ConnectionString = text;
        }
        catch (ArgumentException malformed)
        {
            throw new FormatException(malformed.Message, malformed);
        }

        var unknown = parts.Keys.Cast<string>().FirstOrDefault(key => !Known.Contains(key, StringComparer.OrdinalIgnoreCase));
        if (unknown is not null)
        {
            throw new FormatException($"It holds '{unknown}'. Known are: {string.Join(", ", Known)}.");
        }

        var gateways = Of(parts, nameof(Gateways))?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        if (gateways.FirstOrDefault(gateway => !GatewayNames.TryParse(gateway, out _)) is { } wrong)
        {
            throw new FormatException($"'{wrong}' is not a gateway. Write name:port, for example cache:30000.");
        }

        return gateways.Length > 0
            ? new(gateways, Of(parts, nameof(ClusterId)) ?? DefaultId, Of(parts, nameof(ServiceId)) ?? DefaultId)
            : throw new FormatException($"It names no gateway. An example: {nameof(Gateways)}=cache:30000;{nameof(ClusterId)}={DefaultId};{nameof(ServiceId)}={DefaultId}");
    }

    private static string? Of(DbConnectionStringBuilder parts, string key) => parts.TryGetValue(key, out var value) && value is string { Length: > 0 } text ? text : null;
}
