using OrleansTagCache.Silo.StartUp;

namespace OrleansTagCache.Silo.Clustering;

/// <summary>A password in a file of its own. It is read at each new connection, so that it can be changed while the silo runs.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class PasswordFile(string path)
{
    private string? _last;

    /// <summary>The one of a setting; null if there is none.</summary>
    /// <exception cref="StartUpFault">It cannot be read.</exception>
    public static PasswordFile? Of(ClusteringOptions options)
    {
        if (string.IsNullOrEmpty(options.PasswordFile))
        {
            return null;
        }

        var file = new PasswordFile(options.PasswordFile);
        try
        {
            file._last = file.Read();
            return file;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new StartUpFault($"{TagCacheOptions.Section}:{nameof(SiloProgramOptions.Clustering)}:{nameof(ClusteringOptions.PasswordFile)} cannot be read: {exception.Message}");
        }
    }

    /// <summary>As the file holds it now, without the end of its line; as it was last, if the file is just being replaced.</summary>
    public string Current
    {
        get
        {
            try
            {
                return _last = Read();
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return _last!;
            }
        }
    }

    private string Read() => File.ReadAllText(path).TrimEnd('\r', '\n');
}
