using System.Collections;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.KeyPerFile;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Primitives;

namespace OrleansTagCache.Silo.StartUp;

/// <summary>
/// Settings that are files, as containers and services are given secrets: the file <c>TagCache__Clustering__ConnectionString</c> of the directory <c>TagCache:SettingsDirectory</c> holds the value of that setting.
/// They are stronger than the environment, and weaker than the command line. Other files may be beside them.
/// </summary>
internal static class SettingFiles
{
    private const string Setting = $"{TagCacheOptions.Section}:{nameof(SiloProgramOptions.SettingsDirectory)}";

    /// <exception cref="StartUpFault">The directory, or a file of it, cannot be read.</exception>
    public static void AddTo(IConfigurationManager configuration)
    {
        if (configuration[Setting] is not { Length: > 0 } path)
        {
            return;
        }

        try
        {
            var files = new KeyPerFileConfigurationSource
            {
                FileProvider = new SettingsOnly(new PhysicalFileProvider(Path.GetFullPath(path))),
            };
            var before = configuration.Sources.Select((source, at) => (source, at)).LastOrDefault(each => each.source is CommandLineConfigurationSource, (source: null!, at: configuration.Sources.Count));
            configuration.Sources.Insert(before.at, files);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new StartUpFault($"{Setting} names '{path}', which cannot be read: {exception.Message}");
        }
    }

    /// <summary>Files that are settings by their names. The others are not even opened: this program may have no right to.</summary>
    private sealed class SettingsOnly(IFileProvider all) : IFileProvider
    {
        public IDirectoryContents GetDirectoryContents(string subpath) => new Files(all.GetDirectoryContents(subpath));

        public IFileInfo GetFileInfo(string subpath) => all.GetFileInfo(subpath);

        public IChangeToken Watch(string filter) => all.Watch(filter);

        private sealed class Files(IDirectoryContents all) : IDirectoryContents
        {
            public bool Exists => all.Exists;

            public IEnumerator<IFileInfo> GetEnumerator() => all.Where(file => file.Name.Contains("__", StringComparison.Ordinal)).GetEnumerator();

            IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
        }
    }
}
