using System.ComponentModel;
using OrleansTagCache.Cli.Api;
using OrleansTagCache.Cli.Contexts;
using OrleansTagCache.Cli.Running;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansTagCache.Cli.Commands;

internal sealed class ContextAddSettings : AccessSettings
{
    [CommandArgument(0, "<NAME>")]
    [Description("a name of your own, up to 64 letters, digits, '.', '_' and '-'")]
    public required string Name { get; init; }

    [CommandOption("-u|--url <URL>")]
    [Description("a silo; may be repeated, or several with commas")]
    public string[]? Urls { get; init; }

    [CommandOption("--key-variable <NAME>")]
    [Description("a variable of the environment that holds the API key")]
    public string? KeyVariable { get; init; }
}

/// <summary>Adds a context, and makes it the current one if it is the first.</summary>
internal sealed class ContextAddCommand : Command<ContextAddSettings>
{
    private const int MostCharacters = 64;

    public override int Execute(CommandContext context, ContextAddSettings settings, CancellationToken cancellationToken)
    {
        var writer = settings.Writer();
        if (settings.Name.Length > MostCharacters || !settings.Name.All(unit => char.IsAsciiLetterOrDigit(unit) || unit is '.' or '_' or '-'))
        {
            throw CliFault.Usage($"The name of a context has up to {MostCharacters} letters, digits, '.', '_' and '-'; it is '{settings.Name}'.");
        }

        if (new[] { settings.KeyFile, settings.KeyCommand, settings.KeyVariable }.Count(way => way is not null) > 1)
        {
            throw CliFault.Usage("Give one of --key-file, --key-command and --key-variable; this call gives several.");
        }

        var added = new CliContext
        {
            Urls = [.. Target.Parse(settings.Urls ?? []).Select(Target.Show)],
            KeyFile = Whole(settings.KeyFile),
            KeyCommand = settings.KeyCommand,
            KeyVariable = settings.KeyVariable,
            Authority = Whole(settings.Authority),
            Certificate = Whole(settings.Certificate),
            CertificateKey = Whole(settings.CertificateKey),
            ServerName = settings.ServerName,
            AllowPlainHttp = settings.AllowPlainHttp,
        };
        new ClientTls(added, settings.Host).Dispose();
        var file = new ContextFile(settings.Host);
        var book = file.Read();
        book.Contexts[settings.Name] = added;
        book = book with { Current = book.Current ?? settings.Name };
        file.Write(book);
        writer.Write(book, $"'{settings.Name}' is in {file.Path}{(book.Current == settings.Name ? ", and is the current context" : string.Empty)}.");
        return ExitCode.Done;
    }

    /// <summary>The file is named from wherever the program is run.</summary>
    private static string? Whole(string? path) => path is null ? null : Path.GetFullPath(path);
}

internal sealed class ContextNameSettings : OutputSettings
{
    [CommandArgument(0, "<NAME>")]
    [Description("the name of the context")]
    public required string Name { get; init; }
}

/// <summary>Makes a context the current one.</summary>
internal sealed class ContextUseCommand : Command<ContextNameSettings>
{
    public override int Execute(CommandContext context, ContextNameSettings settings, CancellationToken cancellationToken)
    {
        var writer = settings.Writer();
        var file = new ContextFile(settings.Host);
        var book = NamedContexts.Having(file, settings.Name) with { Current = settings.Name };
        file.Write(book);
        writer.Write(book, $"'{settings.Name}' is the current context.");
        return ExitCode.Done;
    }
}

/// <summary>Removes a context.</summary>
internal sealed class ContextRemoveCommand : Command<ContextNameSettings>
{
    public override int Execute(CommandContext context, ContextNameSettings settings, CancellationToken cancellationToken)
    {
        var writer = settings.Writer();
        var file = new ContextFile(settings.Host);
        var book = NamedContexts.Having(file, settings.Name);
        book.Contexts.Remove(settings.Name);
        book = book with { Current = book.Current == settings.Name ? null : book.Current };
        file.Write(book);
        writer.Write(book, $"'{settings.Name}' is removed{(book.Current is null ? "; there is no current context now" : string.Empty)}.");
        return ExitCode.Done;
    }
}

internal sealed class ContextListSettings : OutputSettings;

/// <summary>Lists the contexts.</summary>
internal sealed class ContextListCommand : Command<ContextListSettings>
{
    public override int Execute(CommandContext context, ContextListSettings settings, CancellationToken cancellationToken)
    {
        var writer = settings.Writer();
        var book = new ContextFile(settings.Host).Read();
        writer.Write(book, () =>
        {
            var table = Writer.Table(("", false), ("NAME", false), ("URLS", false), ("KEY", false), ("TLS", false));
            foreach (var (name, one) in book.Contexts.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                table.AddRow(
                    Writer.Cell(name == book.Current ? "*" : string.Empty),
                    Writer.Cell(name),
                    Writer.Cell(string.Join('\n', one.Urls)),
                    Writer.Cell(one.KeySource),
                    Writer.Cell(string.Join(", ", new[] { one.Authority is null ? null : "own authority", one.Certificate is null ? null : "client certificate" }.OfType<string>())));
            }

            return table;
        });
        if (book.Contexts.Count == 0 && !writer.IsJson)
        {
            writer.Note("There is no context. Add one: otc context add NAME --url URL");
        }

        return ExitCode.Done;
    }
}

/// <summary>What the commands of contexts share.</summary>
internal static class NamedContexts
{
    /// <exception cref="CliFault">There is no context of that name.</exception>
    public static ContextBook Having(ContextFile file, string name)
    {
        var book = file.Read();
        return book.Contexts.ContainsKey(name) ? book : throw CliFault.Usage($"There is no context '{name}' in '{file.Path}'.", "otc context list");
    }
}
