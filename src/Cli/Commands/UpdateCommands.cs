using System.ComponentModel;
using System.Globalization;
using System.Net.Http.Json;
using OrleansTagCache.Cli.Api;
using OrleansTagCache.Cli.Contexts;
using OrleansTagCache.Cli.Running;
using Spectre.Console.Cli;

namespace OrleansTagCache.Cli.Commands;

internal class UpdateSettings : ConnectionSettings
{
    private const int MostTags = 128;

    [CommandArgument(0, "<TAGS>")]
    [Description("the tags, up to 128; '*' is every entry of the namespace")]
    public required string[] Tags { get; init; }

    [CommandOption("-y|--yes")]
    [Description("do not ask before all entries of the namespace are touched")]
    public bool Yes { get; init; }

    public void Check()
    {
        if (Tags.Length > MostTags)
        {
            throw CliFault.Usage($"A call may name at most {MostTags} tags; this one names {Tags.Length}.");
        }
    }

    public bool TouchesAll => Tags.Contains("*", StringComparer.Ordinal);
}

internal sealed class UpdateTagsSettings : UpdateSettings
{
    [CommandOption("--all")]
    [Description("only what bears every one of the tags")]
    public bool All { get; init; }

    /// <summary>Whether it is every entry of the namespace: all of them bear '*', so beside other tags it adds nothing to --all.</summary>
    public bool TouchesEverything => TouchesAll && !(All && Tags.Any(static tag => tag != "*"));
}

internal sealed class RevalidateSettings : UpdateSettings
{
    [CommandOption("-p|--profile <PROFILE>")]
    [Description("how long stale values may be served: max (the default), or another profile")]
    public string? Profile { get; init; }

    [CommandOption("--expire <DURATION>")]
    [Description("the same as a duration")]
    public string? Expire { get; init; }
}

/// <summary>Updates tags: when it has ended, no process serves what bears one of them, or what bears all of them.</summary>
internal sealed class UpdateCommand : ApiCommand<UpdateTagsSettings>
{
    protected override void Check(UpdateTagsSettings settings)
    {
        settings.Check();
        if (settings.TouchesEverything)
        {
            MustConfirm(settings, settings.Yes, "Expire every entry of the namespace?", "An update of '*', every entry of the namespace,");
        }
    }

    protected override async Task<int> Run(SiloApi api, UpdateTagsSettings settings, Writer writer, CancellationToken cancellationToken)
    {
        object body = settings.All ? new { tags = settings.Tags, match = "all" } : new { tags = settings.Tags };
        var answer = await api.Change(HttpMethod.Post, Paths.Update, () => JsonContent.Create(body), cancellationToken);
        Receipts.Write(answer, writer, "Updated", "no process serves what they expired");
        return ExitCode.Done;
    }
}

/// <summary>Revalidates tags: what bears one of them is served stale while it is refreshed.</summary>
internal sealed class RevalidateCommand : ApiCommand<RevalidateSettings>
{
    protected override void Check(RevalidateSettings settings)
    {
        settings.Check();
        if (settings is { Profile: not null, Expire: not null })
        {
            throw CliFault.Usage("Give either --profile or --expire; this call gives both.");
        }

        if (settings.TouchesAll)
        {
            MustConfirm(settings, settings.Yes, "Mark every entry of the namespace stale?", "A revalidation of '*', every entry of the namespace,");
        }
    }

    protected override async Task<int> Run(SiloApi api, RevalidateSettings settings, Writer writer, CancellationToken cancellationToken)
    {
        object body = settings.Expire is { } text
            ? new { tags = settings.Tags, expire = Finite(Amounts.Seconds(text, "--expire")) }
            : new { tags = settings.Tags, profile = settings.Profile ?? "max" };
        var answer = await api.Change(HttpMethod.Post, Paths.Revalidate, () => JsonContent.Create(body), cancellationToken);
        Receipts.Write(answer, writer, "Revalidated", "what bears them is stale in every process");
        return ExitCode.Done;
    }

    /// <summary>JSON has no infinity; what is longer than a duration can be is forever.</summary>
    private static double Finite(string seconds) => Math.Min(double.Parse(seconds, CultureInfo.InvariantCulture), 1e12);
}

/// <summary>What updates and revalidations say.</summary>
internal static class Receipts
{
    public static void Write(Answer answer, Writer writer, string done, string means)
    {
        if (writer.IsJson)
        {
            writer.WriteJson(answer.Json());
            return;
        }

        var receipt = answer.As<UpdateReceipt>();
        writer.Line(string.Create(CultureInfo.InvariantCulture, $"{done} {receipt.Tags} {(receipt.Tags == 1 ? "tag" : "tags")} in {receipt.ElapsedMs:0.#} ms: {receipt.Members} {(receipt.Members == 1 ? "silo has" : "silos have")} confirmed, and {means}."));
    }
}
