using System.ComponentModel;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using OrleansTagCache.Cli.Api;
using OrleansTagCache.Cli.Contexts;
using OrleansTagCache.Cli.Running;
using Spectre.Console.Cli;

namespace OrleansTagCache.Cli.Commands;

internal sealed class GetSettings : ConnectionSettings
{
    [CommandArgument(0, "<KEY>")]
    [Description("the key of the entry")]
    public required string Key { get; init; }

    [CommandOption("-f|--file <FILE>")]
    [Description("write the value to this file instead of the standard output")]
    public string? File { get; init; }
}

/// <summary>Reads a value. It never becomes the one who is to make it: a token that it is given with a value too large for the usual call is given back.</summary>
internal sealed class GetCommand : ApiCommand<GetSettings>
{
    protected override async Task<int> Run(SiloApi api, GetSettings settings, Writer writer, CancellationToken cancellationToken)
    {
        var answer = await api.Send(HttpMethod.Post, Paths.GetMany, () => JsonContent.Create(new { keys = new[] { settings.Key } }), SiloApi.ReadPatience, cancellationToken);
        var many = answer.As<ManyEntries>();
        var found = many is { Entries: [], Omitted: [_, ..] } ? await GetLarge(api, settings.Key, cancellationToken) : many.Entries.SingleOrDefault();
        if (found is null)
        {
            throw new CliFault(ExitCode.NotFound, "not_found", "There is no entry with this key.");
        }

        await Write(found, settings, writer, cancellationToken);
        return ExitCode.Done;
    }

    private static async Task Write(FoundEntry found, GetSettings settings, Writer writer, CancellationToken cancellationToken)
    {
        var text = Text(found.Value);
        if (settings.File is { } path)
        {
            try
            {
                await File.WriteAllBytesAsync(path, found.Value, cancellationToken);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw CliFault.Usage($"'{path}' cannot be written: {exception.Message}");
            }
        }

        if (writer.IsJson)
        {
            var (value, base64) = settings.File is not null ? (null, null) : text is not null ? (text, null) : ((string?)null, found.Value);
            writer.WriteJson(new { found.Key, Value = value, Base64 = base64, found.Value.Length, found.ContentType, found.Tags, found.Age, found.State });
        }
        else if (settings.File is null)
        {
            await WriteRaw(found, text, settings.Host, cancellationToken);
        }
    }

    private static async Task WriteRaw(FoundEntry found, string? text, CliHost host, CancellationToken cancellationToken)
    {
        if (host.IsTerminal && (text is null || Writer.Plain(text.ReplaceLineEndings("\n")) != text.ReplaceLineEndings("\n")))
        {
            throw CliFault.Usage($"The value is not text that a terminal can show: {Amounts.Bytes(found.Value.Length)} of {found.ContentType ?? "no known type"}.", "Write it to a file (--file), pass it on to a program, or see it with --output json.");
        }

        await host.Output.WriteAsync(found.Value, cancellationToken);
        if (host.IsTerminal && !found.Value.AsSpan().EndsWith("\n"u8))
        {
            await host.Output.WriteAsync("\n"u8.ToArray(), cancellationToken);
        }

        await host.Output.FlushAsync(cancellationToken);
    }

    private static string? Text(byte[] value)
    {
        try
        {
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(value);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static async Task<FoundEntry?> GetLarge(SiloApi api, string key, CancellationToken cancellationToken)
    {
        var answer = await api.Get(Paths.With("v1/entry", ("key", key), ("wait", "0")), cancellationToken);
        if (answer.Header("Tag-Cache-Token") is { } token)
        {
            await GiveBack(api, answer.Url, key, token, cancellationToken);
        }

        if (answer.Status == 404)
        {
            return null;
        }

        answer.MustBeDone();
        var age = double.TryParse(answer.Header("Age"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : 0;
        var isStale = answer.Header("Cache-Status")?.Contains("ttl=-", StringComparison.Ordinal) is true;
        return new(key, answer.Body, answer.Header("Content-Type"), [], age, isStale ? "stale" : "fresh");
    }

    /// <summary>A key that may only read cannot; then the token ends by itself.</summary>
    private static async Task GiveBack(SiloApi api, Uri url, string key, string token, CancellationToken cancellationToken)
    {
        try
        {
            await api.SendTo(
                url,
                HttpMethod.Post,
                Paths.With("v1/entry/abandon", ("key", key)),
                () =>
                {
                    var none = new ByteArrayContent([]);
                    none.Headers.TryAddWithoutValidation("Tag-Cache-Token", token);
                    return none;
                },
                SiloApi.ReadPatience,
                cancellationToken);
        }
        catch (SiloUnreachableException)
        {
        }
    }
}
