using OrleansTagCache.Cli.Contexts;
using OrleansTagCache.Cli.Running;
using Spectre.Console.Cli;

namespace OrleansTagCache.Cli.Completion;

/// <summary>A word that may stand where the cursor is.</summary>
/// <param name="Text">The word.</param>
/// <param name="Description">What it is, for shells that show it.</param>
internal sealed record Candidate(string Text, string Description);

/// <summary>Finds the words that may stand where the cursor is. It calls no silo: what is typed is never delayed by one.</summary>
internal sealed class Completer(CommandNode root, CliHost host)
{
    private static readonly string[] Shells = ["bash", "zsh", "fish"];

    private static readonly string[] Profiles = ["default", "seconds", "minutes", "hours", "days", "weeks", "max"];

    /// <summary>Answers a shell: a word on each line, with a tab and what it is.</summary>
    public static void Answer(CommandApp app, IReadOnlyList<string> words, CliHost host)
    {
        var writer = new Writer(host, isJson: false);
        foreach (var candidate in new Completer(CommandNode.Read(app), host).Complete(words))
        {
            writer.Line($"{candidate.Text}\t{candidate.Description}");
        }
    }

    /// <summary>The words; none stands for the names of files, which the shell knows.</summary>
    /// <param name="words">The words before the cursor, without the program's name; the last one is being typed.</param>
    public Candidate[] Complete(IReadOnlyList<string> words)
    {
        var typed = words.Count == 0 ? string.Empty : words[^1];
        var (command, before) = (root, (string?)null);
        foreach (var word in words.Take(words.Count - 1))
        {
            if (word == "--")
            {
                return [];
            }

            command = TakesValue(command, before) ? command : command.Commands.FirstOrDefault(one => one.Name == word) ?? command;
            before = word;
        }

        return [.. Offered(command, before, typed).Where(candidate => candidate.Text.StartsWith(typed, StringComparison.Ordinal))];
    }

    private static bool TakesValue(CommandNode command, string? word) => OptionOf(command, word) is { Value: not null };

    private static OptionNode? OptionOf(CommandNode command, string? word) => Array.Find(command.Options, option => option.Names.Contains(word, StringComparer.Ordinal));

    private IEnumerable<Candidate> Offered(CommandNode command, string? before, string typed)
    {
        if (OptionOf(command, before) is { Value: not null } option)
        {
            return Values(option);
        }

        if (typed.StartsWith('-'))
        {
            return command.Options.SelectMany(one => one.Names.Where(name => name.StartsWith("--", StringComparison.Ordinal)).Select(name => new Candidate(name, one.Description)));
        }

        return command.Commands.Length > 0
            ? command.Commands.Select(one => new Candidate(one.Name, one.Description))
            : (command.Name, before) switch
            {
                ("completion", "completion") => Shells.Select(shell => new Candidate(shell, string.Empty)),
                ("use" or "rm", "use" or "rm") => Contexts(),
                _ => [],
            };
    }

    private IEnumerable<Candidate> Values(OptionNode option) => option.Names[0] switch
    {
        "--output" => [new("table", "for people"), new("json", "for programs")],
        "--context" => Contexts(),
        "--life" or "--profile" => Profiles.Select(profile => new Candidate(profile, string.Empty)),
        _ => [],
    };

    private IEnumerable<Candidate> Contexts()
    {
        try
        {
            return [.. new ContextFile(host).Read().Contexts.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => new Candidate(pair.Key, string.Join(", ", pair.Value.Urls)))];
        }
        catch (CliFault)
        {
            // The command that is typed will say it.
            return [];
        }
    }
}
