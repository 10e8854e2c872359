using System.Buffers.Binary;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace OrleansTagCache.Testing;

/// <summary>A collector: takes what is exported to it by OTLP, in protobuf over HTTP (<c>/v1/metrics</c> and its like) and by gRPC, and keeps it.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private const string GrpcPrefix = "/opentelemetry.proto.collector.";

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<OtlpExport> _exports = [];

    private OtlpReceiver(WebApplication app) => _app = app;

    /// <summary>Where it takes protobuf over HTTP.</summary>
    public string Http => _app.Urls.First();

    /// <summary>Where it takes gRPC.</summary>
    public string Grpc => _app.Urls.Last();

    /// <summary>Set when something has come.</summary>
    public Signal Came { get; } = new();

    public OtlpExport[] Exports => [.. _exports];

    public static async Task<OtlpReceiver> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server =>
        {
            server.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            server.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        var receiver = new OtlpReceiver(builder.Build());
        receiver._app.Run(receiver.Take);
        await receiver._app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task Take(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        ReadOnlyMemory<byte> bytes = body.ToArray();
        var path = http.Request.Path.Value!;
        var isGrpc = path.StartsWith(GrpcPrefix, StringComparison.Ordinal);
        if (isGrpc)
        {
            // One byte for compression, which nothing here asks for, and four for the length.
            bytes = bytes.Slice(5, BinaryPrimitives.ReadInt32BigEndian(bytes.Span[1..]));
        }

        // What cannot be read is refused, and the exporter's caller hears of it.
        _exports.Enqueue(new(path, http.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase), new(bytes)));
        Came.Set();
        if (isGrpc)
        {
            http.Response.ContentType = "application/grpc";
            await http.Response.Body.WriteAsync(new byte[5]);
            http.Response.AppendTrailer("grpc-status", "0");
        }
        else
        {
            http.Response.ContentType = "application/x-protobuf";
        }
    }
}
