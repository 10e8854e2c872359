using System.Diagnostics;
using OrleansTagCache.Cli;
using OrleansTagCache.Cli.Completion;
using Xunit;

namespace OrleansTagCache.Tests.Cli;

/// <summary>What shells are told.</summary>
public sealed class CompletionTests
{
    [Theory]
    [InlineData("", "get set rm info tag tags keys update revalidate cluster watch doctor load context completion")]
    [InlineData("re", "revalidate")]
    [InlineData("context ", "add list use rm")]
    [InlineData("cluster --out", "--output")]
    [InlineData("cluster --output ", "table json")]
    [InlineData("cluster -o j", "json")]
    [InlineData("set k --life h", "hours")]
    [InlineData("completion ", "bash zsh fish")]
    [InlineData("get ", "")]
    [InlineData("get --key-file ", "")]
    [InlineData("--v", "--version")]
    [InlineData("cluster -- --o", "")]
    public async Task Words_AreThoseThatMayStandThere(string typed, string words)
    {
        var ended = await new CliRun().Run(["__complete", "--", .. typed.Split(' ')]);

        Assert.Equal((0, words), (ended.Code, string.Join(' ', ended.Lines.Select(line => line.Split('\t')[0]))));
    }

    [Fact]
    public async Task Bash_CompletesByTheScript()
    {
        var script = (await new CliRun().Run("completion", "bash")).Text;
        var program = Path.Combine(AppContext.BaseDirectory, "OrleansTagCache.Cli.dll");
        var start = new ProcessStartInfo(
            "bash",
            ["--norc", "-c", $"otc() {{ dotnet '{program}' \"$@\"; }}\n{script}\nCOMP_WORDS=(otc context a); COMP_CWORD=2; _otc; printf '%s\\n' \"${{COMPREPLY[@]}}\""])
        {
            RedirectStandardOutput = true,
        };
        using var bash = Process.Start(start)!;

        Assert.Equal("add\n", await bash.StandardOutput.ReadToEndAsync().Soon());
        await bash.WaitForExitAsync().Soon();
    }

    [Fact]
    public void Options_AllHaveAWordOfExplanation()
    {
        var root = CommandNode.Read(OtcProgram.Build(new CliRun().Host(Stream.Null, TextWriter.Null, TextWriter.Null)));

        Assert.All(All(root), command =>
        {
            Assert.NotEqual("", command.Description);
            Assert.All(command.Options, option => Assert.NotEqual("", option.Description));
        });
    }

    private static IEnumerable<CommandNode> All(CommandNode node) => node.Commands.Concat(node.Commands.SelectMany(All));
}
