using System.ComponentModel;
using OrleansTagCache.Cli.Api;
using OrleansTagCache.Cli.Contexts;
using OrleansTagCache.Cli.Running;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansTagCache.Cli.Commands;

internal sealed class RemoveSettings : ConnectionSettings
{
    [CommandArgument(0, "<KEYS>")]
    [Description("the keys of the entries")]
    public required string[] Keys { get; init; }
}

/// <summary>Removes entries, one after another. It is done whether or not they were there.</summary>
internal sealed class RemoveCommand : ApiCommand<RemoveSettings>
{
    protected override async Task<int> Run(SiloApi api, RemoveSettings settings, Writer writer, CancellationToken cancellationToken)
    {
        foreach (var key in settings.Keys)
        {
            (await api.Change(HttpMethod.Delete, Paths.Entry(key), null, cancellationToken)).MustBeDone();
        }

        writer.Write(new { Removed = settings.Keys }, $"Removed: {Amounts.Count(settings.Keys.Length)}. No process serves {(settings.Keys.Length == 1 ? "it" : "them")} any more.");
        return ExitCode.Done;
    }
}

internal sealed class InfoSettings : ConnectionSettings
{
    [CommandArgument(0, "<KEY>")]
    [Description("the key of the entry")]
    public required string Key { get; init; }
}

/// <summary>Describes an entry without reading its value.</summary>
internal sealed class InfoCommand : ApiCommand<InfoSettings>
{
    protected override async Task<int> Run(SiloApi api, InfoSettings settings, Writer writer, CancellationToken cancellationToken)
    {
        var answer = await api.Get(Paths.With("v1/entry/info", ("key", settings.Key)), cancellationToken);
        writer.Write(answer.Json(), () => Facts(answer.As<EntryDescription>()));
        return ExitCode.Done;
    }

    private static Grid Facts(EntryDescription entry) => Writer.Facts(
    [
        ("Key", entry.Key),
        ("State", entry.State),
        ("Age", Amounts.Show(TimeSpan.FromSeconds(entry.Age))),
        ("Life", $"stale {Amounts.Life(entry.Life.Stale)}, revalidate {Amounts.Life(entry.Life.Revalidate)}, expire {Amounts.Life(entry.Life.Expire)}"),
        ("Size", Amounts.Bytes(entry.Size)),
        ("Type", entry.ContentType ?? "none"),
        ("Tags", entry.Tags.Length == 0 ? "none" : string.Join('\n', entry.Tags)),
        ("Silo", entry.Silo),
    ]);
}
