using Microsoft.Extensions.Configuration;
using OrleansTagCache.Silo.StartUp;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>Settings that are files: how containers and services are given secrets.</summary>
public sealed class SettingFilesTests : IDisposable
{
    private const string Directory = "TagCache:SettingsDirectory";
    private const string Name = "TagCache:Clustering:ConnectionString";

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("otc-settings-").FullName;

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Files_AreStrongerThanOtherSettings_AndWeakerThanTheCommandLine()
    {
        Write("TagCache__Clustering__ConnectionString", "127.0.0.1:1,password=a b\n");
        Write("TagCache__ClusterId", "files");

        using var configuration = With((Name, "elsewhere"));
        configuration.AddCommandLine(["--TagCache:ClusterId=line"]);
        SettingFiles.AddTo(configuration);

        Assert.Equal(("127.0.0.1:1,password=a b", "line"), (configuration[Name], configuration["TagCache:ClusterId"]));
    }

    /// <summary>Kubernetes shows the files of a secret as links into a directory that it replaces; other secrets may be beside them.</summary>
    [Fact]
    public void LinksAreFollowed_AndOtherFilesAreLeftAlone()
    {
        var hidden = System.IO.Directory.CreateDirectory(Path.Combine(_folder, "..2026_01_01")).FullName;
        File.WriteAllText(Path.Combine(hidden, "TagCache__ClusterId"), "linked");
        File.CreateSymbolicLink(Path.Combine(_folder, "..data"), "..2026_01_01");
        File.CreateSymbolicLink(Path.Combine(_folder, "TagCache__ClusterId"), "..data/TagCache__ClusterId");
        Write("keys.json", "{}");

        using var configuration = With();
        SettingFiles.AddTo(configuration);

        Assert.Equal("linked", configuration["TagCache:ClusterId"]);
        Assert.Null(configuration["keys.json"]);
    }

    [Fact]
    public void UnknownSetting_InAFile_IsNamed()
    {
        Write("TagCache__ConectionString", "127.0.0.1:1");

        using var configuration = With();
        SettingFiles.AddTo(configuration);

        Assert.StartsWith("TagCache:ConectionString is not a setting.", Assert.Single(Assert.Throws<StartUpFault>(() => SettingsCheck.Read(configuration)).Faults), StringComparison.Ordinal);
    }

    [Fact]
    public void DirectoryThatIsMissing_IsNamed()
    {
        using var configuration = new ConfigurationManager { [Directory] = Path.Combine(_folder, "missing") };

        Assert.StartsWith($"{Directory} names '{_folder}/missing', which cannot be read: ", Assert.Single(Assert.Throws<StartUpFault>(() => SettingFiles.AddTo(configuration)).Faults), StringComparison.Ordinal);
    }

    private void Write(string name, string value) => File.WriteAllText(Path.Combine(_folder, name), value);

    private ConfigurationManager With(params (string, string?)[] settings)
    {
        var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection([KeyValuePair.Create(Directory, (string?)_folder), .. settings.Select(setting => KeyValuePair.Create(setting.Item1, setting.Item2))]);
        return configuration;
    }
}
