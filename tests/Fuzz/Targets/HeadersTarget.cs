using OrleansTagCache.Fuzz.Engine;
using OrleansTagCache.Http.Messages;

namespace OrleansTagCache.Fuzz.Targets;

/// <summary>A media type is taken if it is short and printable, and is given back with the value as it came.</summary>
internal sealed class HeadersTarget : IFuzzTarget
{
    private const int MaximumLength = 256;

    private static readonly ServiceProvider Services = new ServiceCollection().AddLogging().BuildServiceProvider();

    public string Name => "headers";

    public IReadOnlyList<byte[]> Samples { get; } =
    [
        [.. "text/html; charset=utf-8"u8], [.. "application/json"u8], [.. "a"u8], [.. ";;="u8], [.. "multipart/form-data; boundary=\"a b\""u8],
        [.. Enumerable.Repeat((byte)'a', MaximumLength)], [.. Enumerable.Repeat((byte)'a', MaximumLength + 1)],
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        var type = Wtf8.Decode(input);
        var fault = PutHeaders.ContentTypeFault(type);
        OracleException.Require(fault is null == (type.Length <= MaximumLength && !type.AsSpan().ContainsAnyExceptInRange(' ', '~')), fault ?? "A bad type is taken.");
        Reference.TellsNothing(fault ?? string.Empty, type);
        if (fault is not null || string.IsNullOrWhiteSpace(type))
        {
            return;
        }

        var http = new DefaultHttpContext { RequestServices = Services };
        Results.Bytes(new byte[] { 1 }, type).ExecuteAsync(http).GetAwaiter().GetResult();
        OracleException.Require(
            http.Response.ContentType == type && http.Response.StatusCode == StatusCodes.Status200OK, $"It is given back as {http.Response.ContentType}.");
    }
}
