using System.Diagnostics;
using Xunit;

namespace OrleansTagCache.Tests.Cli;

/// <summary>The tool as its users get it: packed, and installed from a folder.</summary>
[Collection(SiloCollection.Name)]
public sealed class InstallTests(SiloServer silo) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("otc-install-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Tool_InstalledFromAFolder_Runs()
    {
        var (feed, tools) = (_folder.CreateSubdirectory("feed").FullName, _folder.CreateSubdirectory("tools").FullName);
        var version = $"0.1.0-test.{TimeProvider.System.GetUtcNow():yyyyMMddHHmmss}";
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        await Run("dotnet", "pack", Path.Combine(Repository.Root, "src", "Cli"), "--no-build", "-c", configuration, "-o", feed, $"-p:MinVerVersionOverride={version}");

        // From this folder alone: what the tool needs is in its package.
        var config = Path.Combine(_folder.FullName, "nuget.config");
        await File.WriteAllTextAsync(config, $"""<configuration><packageSources><clear /><add key="feed" value="{feed}" /></packageSources></configuration>""");
        await Run("dotnet", "tool", "install", "OrleansTagCache.Cli", "--version", version, "--tool-path", tools, "--configfile", config);
        var otc = Path.Combine(tools, "otc");

        (await silo.Http.Put("cli:installed", "from the tool")).IsDone();
        Assert.Equal("from the tool", await Run(otc, "get", "cli:installed", "--url", silo.Http.BaseAddress!.ToString()));
        Assert.Contains("doctor", await Run(otc, "--help"), StringComparison.Ordinal);
    }

    private async Task<string> Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder.FullName, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["OTC_CONFIG"] = Path.Combine(_folder.FullName, "contexts.json");
        start.Environment["NUGET_PACKAGES"] = Path.Combine(_folder.FullName, "packages");
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().Soon($"{program} {string.Join(' ', arguments)}");
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {await output}{await errors}");
        return await output;
    }
}
