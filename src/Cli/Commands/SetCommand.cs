using System.ComponentModel;
using System.Text;
using OrleansTagCache.Cli.Api;
using OrleansTagCache.Cli.Contexts;
using OrleansTagCache.Cli.Running;
using Spectre.Console.Cli;

namespace OrleansTagCache.Cli.Commands;

internal sealed class SetSettings : ConnectionSettings
{
    [CommandArgument(0, "<KEY>")]
    [Description("the key of the entry")]
    public required string Key { get; init; }

    [CommandArgument(1, "[VALUE]")]
    [Description("the value, as text; without it, and without --file, the standard input is read")]
    public string? Value { get; init; }

    [CommandOption("-f|--file <FILE>")]
    [Description("a file that holds the value; - is the standard input")]
    public string? File { get; init; }

    [CommandOption("-t|--tag <TAG>")]
    [Description("a tag of the entry; may be repeated")]
    public string[]? Tags { get; init; }

    [CommandOption("-l|--life <PROFILE>")]
    [Description("seconds, minutes, hours, days, weeks, max, or a profile of your own")]
    public string? Life { get; init; }

    [CommandOption("--stale <DURATION>")]
    [Description("how long a client may serve it without asking; instead of a profile")]
    public string? Stale { get; init; }

    [CommandOption("--revalidate <DURATION>")]
    [Description("after how long it is refreshed")]
    public string? Revalidate { get; init; }

    [CommandOption("--expire <DURATION>")]
    [Description("after how long it is gone")]
    public string? Expire { get; init; }

    [CommandOption("--content-type <TYPE>")]
    [Description("the type of the value; text/plain for a VALUE, none otherwise")]
    public string? ContentType { get; init; }
}

/// <summary>Sets a value. It is strict: when the command has ended, no process serves an earlier one.</summary>
internal sealed class SetCommand : ApiCommand<SetSettings>
{
    protected override void Check(SetSettings settings)
    {
        if (settings is { Value: not null, File: not null })
        {
            throw CliFault.Usage("Give either VALUE or --file; this call gives both.");
        }

        if (settings.Life is not null && (settings.Stale ?? settings.Revalidate ?? settings.Expire) is not null)
        {
            throw CliFault.Usage("Give a life either by --life or by --stale, --revalidate and --expire; this call does both.");
        }

        if (settings is { Value: null, File: null or "-", Host.IsInteractive: true })
        {
            settings.Host.Error.WriteLine("Reading the value from the terminal; Ctrl+D ends it.");
        }
    }

    protected override async Task<int> Run(SiloApi api, SetSettings settings, Writer writer, CancellationToken cancellationToken)
    {
        var path = Paths.With(
            "v1/entry",
            [
                ("key", settings.Key),
                .. (settings.Tags ?? []).Select(tag => ("tag", (string?)tag)),
                ("life", settings.Life),
                ("stale", settings.Stale is { } stale ? Amounts.Seconds(stale, "--stale") : null),
                ("revalidate", settings.Revalidate is { } revalidate ? Amounts.Seconds(revalidate, "--revalidate") : null),
                ("expire", settings.Expire is { } expire ? Amounts.Seconds(expire, "--expire") : null),
            ]);
        var value = await Value(settings, cancellationToken);
        var type = settings.ContentType ?? (settings.Value is null ? null : "text/plain; charset=utf-8");
        var answer = await api.Change(HttpMethod.Put, path, () => Body(value, type), cancellationToken);
        answer.MustBeDone();
        writer.Write(new { settings.Key, Bytes = value.Length }, $"Set: {Amounts.Bytes(value.Length)}.");
        return ExitCode.Done;
    }

    private static ByteArrayContent Body(byte[] value, string? type)
    {
        var body = new ByteArrayContent(value);
        return type is null || body.Headers.TryAddWithoutValidation("Content-Type", type) ? body : throw CliFault.Usage($"--content-type is '{type}', which cannot be sent.");
    }

    private static async Task<byte[]> Value(SetSettings settings, CancellationToken cancellationToken)
    {
        if (settings.Value is { } text)
        {
            return Encoding.UTF8.GetBytes(text);
        }

        if (settings.File is not (null or "-"))
        {
            try
            {
                return await File.ReadAllBytesAsync(settings.File, cancellationToken);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw CliFault.Usage($"'{settings.File}' cannot be read: {exception.Message}");
            }
        }

        using var all = new MemoryStream();
        await settings.Host.Input.CopyToAsync(all, cancellationToken);
        return all.ToArray();
    }
}
