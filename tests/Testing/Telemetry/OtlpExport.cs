namespace OrleansTagCache.Testing;

/// <summary>One request of an exporter, in the numbers of OpenTelemetry's protocol (<c>opentelemetry/proto/collector</c>).</summary>
internal sealed record OtlpExport(string Path, IReadOnlyDictionary<string, string> Headers, ProtoMessage Message)
{
    public bool IsMetrics => Path.Contains("metrics", StringComparison.Ordinal);

    public bool IsTraces => Path.Contains("trace", StringComparison.Ordinal);

    public bool IsLogs => Path.Contains("logs", StringComparison.Ordinal);

    /// <summary>The attributes of the resource.</summary>
    public IReadOnlyDictionary<string, string> Resource => AttributesOf(Message.All(1).First().First(1)!, 1);

    /// <summary>The metrics' names.</summary>
    public string[] Metrics => [.. Parts.Select(metric => metric.Text(1))];

    /// <summary>The bodies of log records.</summary>
    public string[] Logs => [.. Parts.Select(record => record.First(5)!.Text(1))];

    public OtlpSpan[] Spans => [.. Message.All(1).SelectMany(resource => resource.All(2).SelectMany(scope => scope.All(2).Select(span => OtlpSpan.Of(span, AttributesOf(resource.First(1)!, 1)))))];

    private IEnumerable<ProtoMessage> Parts => Message.All(1).SelectMany(resource => resource.All(2)).SelectMany(scope => scope.All(2));

    /// <summary>The traces of a histogram's exemplars, each with the span.</summary>
    public (string Trace, string Span)[] ExemplarsOf(string histogram) =>
    [
        .. Parts.Where(metric => metric.Text(1) == histogram).SelectMany(metric => metric.First(9)!.All(1)).SelectMany(point => point.All(8))
            .Select(exemplar => (exemplar.Hex(5), exemplar.Hex(4))),
    ];

    public static Dictionary<string, string> AttributesOf(ProtoMessage of, int field) => of.All(field).ToDictionary(pair => pair.Text(1), pair => ValueOf(pair.First(2)!));

    private static string ValueOf(ProtoMessage value) => value.Text(1) is { Length: > 0 } text ? text : value.Number(3) is not 0 and var number ? $"{number}" : value.Number(2) is 1 ? "true" : string.Empty;
}

/// <summary>A span; its service are the attributes of the resource that exported it.</summary>
internal sealed record OtlpSpan(
    string Trace,
    string Id,
    string Parent,
    string Name,
    string Kind,
    ulong Begin,
    ulong End,
    IReadOnlyDictionary<string, string> Attributes,
    bool IsError,
    string[] Links,
    IReadOnlyDictionary<string, string> Service)
{
    private static readonly string[] Kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"];

    public TimeSpan Duration => TimeSpan.FromTicks((long)(End - Begin) / 100);

    public static OtlpSpan Of(ProtoMessage span, IReadOnlyDictionary<string, string> service) => new(
        span.Hex(1),
        span.Hex(2),
        span.Hex(4),
        span.Text(5),
        Kinds[span.Number(6)],
        span.Number(7),
        span.Number(8),
        OtlpExport.AttributesOf(span, 9),
        span.First(15)?.Number(3) == 2,
        [.. span.All(13).Select(link => link.Hex(1))],
        service);
}
