using Spectre.Console.Cli;
using Spectre.Console.Cli.Help;
using Spectre.Console.Rendering;

namespace OrleansTagCache.Cli.Completion;

/// <summary>A command or a branch of them, as the help knows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it does.</param>
/// <param name="Commands">Those in it.</param>
/// <param name="Options">Its options.</param>
internal sealed record CommandNode(string Name, string Description, CommandNode[] Commands, OptionNode[] Options)
{
    /// <summary>The commands of the program, those that are hidden left out.</summary>
    public static CommandNode Read(CommandApp app)
    {
        var reader = new ModelReader();
        app.Configure(config => config.SetHelpProvider(reader));
        app.Run(["--help"]);
        return new("otc", string.Empty, Of(reader.Model!.Commands), [OptionNode.Help, OptionNode.Version]);
    }

    private static CommandNode[] Of(IEnumerable<ICommandInfo> commands) =>
    [
        .. commands.Where(command => !command.IsHidden).Select(command => new CommandNode(
            command.Name,
            command.Description ?? string.Empty,
            Of((command as ICommandContainer)?.Commands ?? []),
            [.. command.Parameters.OfType<ICommandOption>().Where(option => !option.IsHidden).Select(OptionNode.Of), OptionNode.Help])),
    ];

    /// <summary>Takes the model that a help provider is given.</summary>
    private sealed class ModelReader : IHelpProvider
    {
        public ICommandModel? Model { get; private set; }

        public IEnumerable<IRenderable> Write(ICommandModel model, ICommandInfo? command)
        {
            Model = model;
            return [];
        }
    }
}

/// <summary>An option.</summary>
/// <param name="Names">As they are typed.</param>
/// <param name="Value">The name of its value; null for a flag.</param>
/// <param name="Description">What it is.</param>
internal sealed record OptionNode(string[] Names, string? Value, string Description)
{
    public static readonly OptionNode Help = new(["--help", "-h"], null, "Prints help information");

    public static readonly OptionNode Version = new(["--version", "-v"], null, "Prints version information");

    public static OptionNode Of(ICommandOption option) => new(
        [.. option.LongNames.Select(name => $"--{name}"), .. option.ShortNames.Select(name => $"-{name}")], option.IsFlag ? null : option.ValueName ?? "VALUE", option.Description ?? string.Empty);
}
