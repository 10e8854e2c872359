using System.Globalization;
using OpenTelemetry.Exporter;

namespace OrleansTagCache.Silo.StartUp;

/// <summary>
/// Where one signal (metrics, traces or logs) is sent to by OTLP, as OpenTelemetry's variables say: <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> and its like for all signals, <c>OTEL_EXPORTER_OTLP_METRICS_ENDPOINT</c>
/// and its like for one, which are stronger. The exporter reads the former itself, and only those.
/// </summary>
/// <remarks>Immutable.</remarks>
internal sealed class Collector
{
    private const string ForAll = "OTEL_EXPORTER_OTLP_";

    private readonly IConfiguration _configuration;
    private readonly string _signal;

    private Collector(IConfiguration configuration, string signal) => (_configuration, _signal) = (configuration, signal);

    /// <summary>The name of its options.</summary>
    public string Name => _signal;

    /// <summary>The collector of a signal; null if there is none, or the signal's exporter is <c>none</c>.</summary>
    /// <param name="configuration">Where the variables are.</param>
    /// <param name="signal"><c>METRICS</c>, <c>TRACES</c> or <c>LOGS</c>.</param>
    /// <exception cref="StartUpFault">A variable is not what it has to be: the exporter would go on without it, and send to where none is.</exception>
    public static Collector? Of(IConfiguration configuration, string signal)
    {
        var endpoint = $"{ForAll}{signal}_ENDPOINT";
        if (IsEmpty(configuration[endpoint]) && IsEmpty(configuration[$"{ForAll}ENDPOINT"]))
        {
            return null;
        }

        string[] faults =
        [
            .. new[] { endpoint, $"{ForAll}ENDPOINT" }.Where(name => configuration[name] is { Length: > 0 } text && !IsAddress(text))
                .Select(name => $"{name} is '{configuration[name]}': it must be an absolute http or https address."),
            .. new[] { $"{ForAll}{signal}_PROTOCOL", $"{ForAll}PROTOCOL" }.Where(name => configuration[name] is { Length: > 0 } text && ProtocolOf(text) is null)
                .Select(name => $"{name} is '{configuration[name]}': it must be grpc or http/protobuf."),
            .. new[] { $"{ForAll}{signal}_TIMEOUT", $"{ForAll}TIMEOUT" }.Where(name => configuration[name] is { Length: > 0 } text && TimeoutOf(text) is null)
                .Select(name => $"{name} is '{configuration[name]}': it must be a number of milliseconds, from 1."),
        ];
        return faults.Length > 0 ? throw new StartUpFault(faults)
            : string.Equals(configuration[$"OTEL_{signal}_EXPORTER"], "none", StringComparison.OrdinalIgnoreCase) ? null
            : new(configuration, signal);
    }

    /// <summary>Sets what the signal's own variables say; an address of its own is used as it is, without a path of the signal.</summary>
    public void Apply(OtlpExporterOptions options)
    {
        if (Own("PROTOCOL") is { } protocol)
        {
            options.Protocol = ProtocolOf(protocol)!.Value;
        }

        if (Own("ENDPOINT") is { } endpoint)
        {
            options.Endpoint = new(endpoint);
        }

        if (Own("HEADERS") is { } headers)
        {
            options.Headers = headers;
        }

        if (Own("TIMEOUT") is { } timeout)
        {
            options.TimeoutMilliseconds = TimeoutOf(timeout)!.Value;
        }
    }

    private string? Own(string name) => _configuration[$"{ForAll}{_signal}_{name}"] is { Length: > 0 } value ? value : null;

    private static bool IsEmpty(string? value) => string.IsNullOrEmpty(value);

    private static bool IsAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps);

    private static int? TimeoutOf(string text) => int.TryParse(text, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds > 0 ? milliseconds : null;

    private static OtlpExportProtocol? ProtocolOf(string text) => text switch
    {
        "grpc" => OtlpExportProtocol.Grpc,
        "http/protobuf" => OtlpExportProtocol.HttpProtobuf,
        _ => null,
    };
}
