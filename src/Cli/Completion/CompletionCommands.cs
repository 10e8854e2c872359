using System.ComponentModel;
using OrleansTagCache.Cli.Running;
using Spectre.Console.Cli;

namespace OrleansTagCache.Cli.Completion;

internal sealed class CompletionSettings : OutputSettings
{
    [CommandArgument(0, "<SHELL>")]
    [Description("bash, zsh or fish")]
    public required string Shell { get; init; }
}

/// <summary>Prints the script that has a shell ask this program for words.</summary>
internal sealed class CompletionCommand : Command<CompletionSettings>
{
    private const string Bash = """
        _otc() {
            local IFS=$'\n'
            COMPREPLY=( $(otc __complete -- "${COMP_WORDS[@]:1:$COMP_CWORD}" 2>/dev/null | cut -f1) )
        }
        complete -o default -F _otc otc
        """;

    private const string Zsh = """
        #compdef otc
        _otc() {
            local -a found
            found=( ${(f)"$(otc __complete -- "${(@)words[2,$CURRENT]}" 2>/dev/null | sed 's/:/\\:/g; s/\t/:/')"} )
            if (( $#found )); then
                _describe otc found
            else
                _files
            fi
        }
        compdef _otc otc
        """;

    private const string Fish = """
        function __otc_complete
            set -l words (commandline -opc) (commandline -ct)
            otc __complete -- $words[2..-1] 2>/dev/null
        end
        complete -c otc -a '(__otc_complete)'
        """;

    public override int Execute(CommandContext context, CompletionSettings settings, CancellationToken cancellationToken)
    {
        settings.Writer().Line(settings.Shell switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            "fish" => Fish,
            var other => throw CliFault.Usage($"There is completion for bash, zsh and fish; this is '{other}'."),
        });
        return ExitCode.Done;
    }
}
