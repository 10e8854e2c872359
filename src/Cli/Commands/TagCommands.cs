using System.ComponentModel;
using System.Globalization;
using OrleansTagCache.Cli.Api;
using OrleansTagCache.Cli.Contexts;
using OrleansTagCache.Cli.Running;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansTagCache.Cli.Commands;

internal sealed class TagSettings : ConnectionSettings
{
    [CommandArgument(0, "<TAG>")]
    [Description("the tag; '*' is every entry of the namespace")]
    public required string Tag { get; init; }
}

/// <summary>Shows what is known of a tag.</summary>
internal sealed class TagCommand : ApiCommand<TagSettings>
{
    protected override async Task<int> Run(SiloApi api, TagSettings settings, Writer writer, CancellationToken cancellationToken)
    {
        var answer = await api.Get(Paths.With("v1/tag", ("tag", settings.Tag)), cancellationToken);
        writer.Write(answer.Json(), () => Facts(answer.As<TagDescription>()));
        return ExitCode.Done;
    }

    private static Grid Facts(TagDescription tag) => Writer.Facts(
    [
        ("Tag", tag.Tag),
        ("Dependents", Amounts.Count(tag.Dependents)),
        .. tag.Silos.Select(silo => ("", (string?)$"{Amounts.Count(silo.Dependents)} on {silo.Silo}")),
        ("Last update", Amounts.Ago(tag.LastUpdate)),
        ("Last revalidation", Amounts.Ago(tag.LastRevalidation)),
        ("Refresh", tag.PendingRefresh is { } refresh
            ? $"{refresh.Done} of {refresh.Total} done, {refresh.Left} left, {refresh.Failed} failed, pass {refresh.Pass}, began {Amounts.Ago(refresh.Started)}"
            : "none pending"),
        ("Unreachable", tag.UnreachableSilos == 0 ? null : $"{Amounts.Of(tag.UnreachableSilos, "silo")} did not answer: there may be more"),
    ]);
}

/// <summary>What commands take that list something in pages.</summary>
internal abstract class PageSettings : ConnectionSettings
{
    public const int MostPerPage = 1_000;

    [CommandOption("--limit <COUNT>")]
    [Description("the most that are shown, from 1 to 1000; 100 without it")]
    public int? Limit { get; init; }

    [CommandOption("--after <NAME>")]
    [Description("begin after this one, the last one of the page before")]
    public string? After { get; init; }

    [CommandOption("--all")]
    [Description("show all pages")]
    public bool All { get; init; }

    public void Check()
    {
        if (Limit is { } limit)
        {
            Amounts.Whole(limit, "--limit", 1, MostPerPage);
        }
    }

    public string PageLimit => (Limit ?? (All ? MostPerPage : 100)).ToString(CultureInfo.InvariantCulture);
}

internal sealed class TagsSettings : PageSettings
{
    [CommandArgument(0, "[PREFIX]")]
    [Description("only tags that begin with this")]
    public string? Prefix { get; init; }
}

/// <summary>Lists the tags that entries bear.</summary>
internal sealed class TagsCommand : ApiCommand<TagsSettings>
{
    protected override void Check(TagsSettings settings) => settings.Check();

    protected override async Task<int> Run(SiloApi api, TagsSettings settings, Writer writer, CancellationToken cancellationToken)
    {
        var tags = new List<TagRow>();
        var (after, unreachable) = (settings.After, 0);
        do
        {
            var page = (await api.Get(Paths.With("v1/tags", ("prefix", settings.Prefix), ("limit", settings.PageLimit), ("after", after)), cancellationToken)).As<TagPage>();
            tags.AddRange(page.Tags);
            (after, unreachable) = (page.Next, Math.Max(unreachable, page.UnreachableSilos));
        }
        while (settings.All && after is not null);

        writer.Write(new { Tags = tags, Next = after, UnreachableSilos = unreachable }, () =>
        {
            var table = Writer.Table(("DEPENDENTS", true), ("TAG", false));
            tags.ForEach(tag => table.AddRow(Writer.Cell(Amounts.Count(tag.Dependents)), Writer.Cell(tag.Tag)));
            return table;
        });
        Notes.Of(writer, after, unreachable, tags.Count, "No entry bears a tag that begins so.");
        return ExitCode.Done;
    }
}

internal sealed class KeysSettings : PageSettings
{
    [CommandArgument(0, "<TAG>")]
    [Description("the tag; '*' is every entry of the namespace")]
    public required string Tag { get; init; }
}

/// <summary>Lists the keys of the entries that bear a tag, one on each line.</summary>
internal sealed class KeysCommand : ApiCommand<KeysSettings>
{
    protected override void Check(KeysSettings settings) => settings.Check();

    protected override async Task<int> Run(SiloApi api, KeysSettings settings, Writer writer, CancellationToken cancellationToken)
    {
        var keys = new List<string>();
        var (after, unreachable) = (settings.After, 0);
        do
        {
            var page = (await api.Get(Paths.With("v1/tag/entries", ("tag", settings.Tag), ("limit", settings.PageLimit), ("after", after)), cancellationToken)).As<TagKeys>();
            keys.AddRange(page.Entries);
            (after, unreachable) = (page.Next, Math.Max(unreachable, page.UnreachableSilos));
        }
        while (settings.All && after is not null);

        if (writer.IsJson)
        {
            writer.WriteJson(new { settings.Tag, Keys = keys, Next = after, UnreachableSilos = unreachable });
        }
        else
        {
            keys.ForEach(writer.Line);
        }

        Notes.Of(writer, after, unreachable, keys.Count, "No entry bears the tag.");
        return ExitCode.Done;
    }
}

/// <summary>What a person is told of a list, beside it.</summary>
internal static class Notes
{
    public static void Of(Writer writer, string? next, int unreachable, int count, string none)
    {
        if (writer.IsJson)
        {
            return;
        }

        if (count == 0)
        {
            writer.Note(none);
        }

        if (next is not null)
        {
            writer.Note($"There are more: --after '{next}', or --all.");
        }

        if (unreachable > 0)
        {
            writer.Note($"{Amounts.Of(unreachable, "silo")} did not answer, or cannot list tags yet: there may be more.");
        }
    }
}
