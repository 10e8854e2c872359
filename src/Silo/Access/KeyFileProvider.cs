using Microsoft.Extensions.Configuration.Json;

namespace OrleansTagCache.Silo.Access;

/// <summary>The file of keys in the configuration.</summary>
internal sealed class KeyFileSource : JsonConfigurationSource
{
    public override IConfigurationProvider Build(IConfigurationBuilder builder)
    {
        EnsureDefaults(builder);
        return new KeyFileProvider(this);
    }
}

/// <summary>Reads the file again when it changes. One that is no JSON leaves what was read before, and says so.</summary>
internal sealed class KeyFileProvider(KeyFileSource source) : JsonConfigurationProvider(source)
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
