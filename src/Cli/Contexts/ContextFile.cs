using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTagCache.Cli.Running;

namespace OrleansTagCache.Cli.Contexts;

/// <summary>Reads and writes the file of contexts, which its owner alone can read: who can write it decides where keys are sent, and which commands are run.</summary>
internal sealed class ContextFile(CliHost host)
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly JsonSerializerOptions Format = new(Writer.Json)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    public string Path { get; } = host.Variable("OTC_CONFIG") ?? System.IO.Path.Combine(Folder(host), "otc", "contexts.json");

    /// <summary>Every context; none if there is no file.</summary>
    /// <exception cref="CliFault">The file cannot be read, is not one of contexts, or others have rights to it.</exception>
    public ContextBook Read()
    {
        try
        {
            using var file = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & ~OwnerFile) is not UnixFileMode.None and var more)
            {
                throw CliFault.Usage($"'{Path}' has rights that it must not have ({more}): it says where keys are sent.", $"Look into it, then: chmod 600 '{Path}'");
            }

            return JsonSerializer.Deserialize<ContextBook>(file, Format) ?? throw CliFault.Usage($"'{Path}' is not a file of contexts: it is null.");
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return new();
        }
        catch (JsonException exception)
        {
            throw CliFault.Usage($"'{Path}' is not a file of contexts: {exception.Message}", "Correct it, or remove it and add the contexts again.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliFault.Usage($"'{Path}' cannot be read: {exception.Message}");
        }
    }

    /// <summary>Replaces the file as a whole: no reader sees half of it.</summary>
    /// <exception cref="CliFault">It cannot be written.</exception>
    public void Write(ContextBook book)
    {
        try
        {
            var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
            }
            else
            {
                Directory.CreateDirectory(folder, OwnerFile | UnixFileMode.UserExecute);
            }

            // What is left there of a command that was cut short may be open to others.
            var beside = $"{Path}.new";
            File.Delete(beside);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = OwnerFile;
            }

            using (var file = new FileStream(beside, options))
            {
                JsonSerializer.Serialize(file, book, Format);
            }

            File.Move(beside, Path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliFault.Usage($"'{Path}' cannot be written: {exception.Message}");
        }
    }

    private static string Folder(CliHost host) => host.Variable("XDG_CONFIG_HOME")
        ?? (OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData) : System.IO.Path.Combine(host.Variable("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config"));
}
