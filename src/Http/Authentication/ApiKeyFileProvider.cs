using Microsoft.Extensions.Configuration.Json;

namespace OrleansTagCache.Http.Authentication;

/// <summary>A file of keys as a source of configuration.</summary>
internal sealed class ApiKeyFileSource : JsonConfigurationSource
{
    /// <summary>Reads a file of keys.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isWatched">Whether it is read again when it changes. A file that is removed later loses its keys, and is no error.</param>
    /// <exception cref="IOException">There is no such file, or it cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is not JSON.</exception>
    public static IConfigurationRoot Load(string path, bool isWatched)
    {
        var source = new ApiKeyFileSource { Path = System.IO.Path.GetFullPath(path), ReloadOnChange = isWatched };
        source.ResolveFileProvider();
        var isThere = false;
        source.OnLoadException = failure => failure.Ignore = isThere;
        var file = new ConfigurationBuilder().Add(source).Build();
        isThere = true;
        return file;
    }

    /// <inheritdoc/>
    public override IConfigurationProvider Build(IConfigurationBuilder builder)
    {
        EnsureDefaults(builder);
        return new ApiKeyFileProvider(this);
    }
}

/// <summary>Reads the file again when it changes. Text that is not JSON leaves what was read before, and is reported as a fault.</summary>
internal sealed class ApiKeyFileProvider(ApiKeyFileSource source) : JsonConfigurationProvider(source)
{
    private bool _isLoaded;

    /// <summary>Why the last change was not taken over; null if it was.</summary>
    public string? Fault { get; private set; }

    public override void Load(Stream stream)
    {
        try
        {
            base.Load(stream);
            (_isLoaded, Fault) = (true, null);
        }
        catch (FormatException exception) when (_isLoaded)
        {
            // Thrown on the thread that watches the file, it would end the process.
            Fault = $"'{Source.Path}' is not JSON: {exception.Message}";
        }
    }
}
