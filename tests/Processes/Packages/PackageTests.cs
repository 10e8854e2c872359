using System.Diagnostics;
using System.IO.Compression;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;
using Xunit;

namespace OrleansTagCache.Tests.Processes;

/// <summary>The packages as their users get them: packed, put into a folder, and used by an application that knows nothing else.</summary>
public sealed class PackageTests
{
    private static readonly string[] Packed = ["Core", "Client", "Grains", "AspNetCore", "EntityFrameworkCore", "Http", "Outbound", "Tls", "Hosting"];

    [Fact]
    public async Task Application_OfThePackagesAlone_BuildsAndRuns()
    {
        var folder = Directory.CreateTempSubdirectory("packages");
        var feed = folder.CreateSubdirectory("feed").FullName;
        var version = $"0.1.0-test.{TimeProvider.System.GetUtcNow():yyyyMMddHHmmss}";
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        foreach (var project in Packed)
        {
            await Dotnet(Repository.Root, "pack", $"src/{project}", "--no-build", "-c", configuration, "-o", feed, $"-p:MinVerVersionOverride={version}");
            Check(Path.Combine(feed, $"OrleansTagCache.{project}.{version}.nupkg"));
        }

        var application = folder.CreateSubdirectory("application");
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "tests", "Packages", "Application")))
        {
            File.Copy(file, Path.Combine(application.FullName, Path.GetFileName(file)));
        }

        // What is not in the feed lies where the tests' own packages do.
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        await Dotnet(
            application.FullName,
            "build",
            $"-p:PackedVersion={version}",
            $"-p:RestoreAdditionalProjectSources={feed}",
            $"-p:RestorePackagesPath={folder.CreateSubdirectory("restored").FullName}",
            $"-p:RestoreFallbackFolders={packages}");
        var ports = FreePorts.Take(2);
        var output = await Dotnet(application.FullName, Path.Combine("bin", "Debug", "net10.0", "Application.dll"), $"{ports[0]}", $"{ports[1]}");
        Assert.Contains("x-1 in state 0, x-1 in state 0, x-1 in state 1", output, StringComparison.Ordinal);
        Assert.Contains("7 in run 1, 7 in run 1, 8 in run 2", output, StringComparison.Ordinal);
        folder.Delete(recursive: true);
    }

    /// <summary>A package has its library, what explains it, and a word about itself.</summary>
    private static void Check(string package)
    {
        using var archive = ZipFile.OpenRead(package);
        var names = archive.Entries.Select(entry => entry.FullName).ToList();
        var name = Path.GetFileName(package).Split(".0.1.0")[0];
        Assert.Contains($"lib/net10.0/{name}.dll", names);
        Assert.Contains($"lib/net10.0/{name}.xml", names);
        Assert.True(HasSymbols(archive.GetEntry($"lib/net10.0/{name}.dll")!), "A debugger must find the sources.");
        Assert.Contains("README.md", names);
        Assert.Equal(name == "OrleansTagCache.Client", names.Contains("analyzers/dotnet/cs/OrleansTagCache.Generators.dll"));
        if (name == "OrleansTagCache.Hosting")
        {
            Assert.Contains("buildTransitive/net10.0/OrleansTagCache.Hosting.targets", names);
            Assert.Contains("tools/silo/OrleansTagCache.Silo.dll", names);
            Assert.Contains("tools/silo/OrleansTagCache.Silo.runtimeconfig.json", names);
            Assert.Contains("tools/silo/StackExchange.Redis.dll", names);
            Assert.Single(names, path => path.EndsWith("/OrleansTagCache.Silo.dll", StringComparison.Ordinal));
        }

        using var stream = archive.GetEntry($"{name}.nuspec")!.Open();
        var metadata = XDocument.Load(stream).Root!.Elements().Single();
        Assert.Equal("MIT", metadata.Elements().Single(element => element.Name.LocalName == "license").Value);
    }

    private static bool HasSymbols(ZipArchiveEntry library)
    {
        using var content = new MemoryStream();
        using (var packed = library.Open())
        {
            packed.CopyTo(content);
        }

        content.Position = 0;
        using var file = new PEReader(content);
        return file.ReadDebugDirectory().Any(entry => entry.Type == DebugDirectoryEntryType.EmbeddedPortablePdb);
    }

    private static async Task<string> Dotnet(string directory, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true };

        // A process of MSBuild that stays for the next build would hold the output open, and its end be waited for.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)}: {await output}{await errors}");
        return await output;
    }
}
