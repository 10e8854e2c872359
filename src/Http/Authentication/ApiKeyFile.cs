using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace OrleansTagCache.Http.Authentication;

/// <summary>
/// Adds the keys of the file that <c>TagCache:Access:File</c> names to those of the configuration and of the code. The file is opened when options name it for
/// the first time, and watched from then on.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ApiKeyFile : IPostConfigureOptions<TagCacheHttpOptions>, IDisposable
{
    private readonly Lock _gate = new();
    private IConfigurationRoot? _file;
    private IDisposable? _changes;

    /// <summary>Raised after the file was read again, on the thread that watches it or that called <see cref="TryReload"/>.</summary>
    public event Action? Changed;

    /// <inheritdoc/>
    public void PostConfigure(string? name, TagCacheHttpOptions options)
    {
        if (options.Access.File is not { Length: > 0 } path)
        {
            return;
        }

        try
        {
            var file = Open(path);
            foreach (var key in file.GetSection($"{ApiAccessOptions.Section}:{nameof(ApiAccessOptions.Keys)}").GetChildren())
            {
                options.Access.Keys[key.Key] = key.Get<ApiKeyOptions>() ?? new();
            }

            options.Access.FileFault = file.Providers.OfType<ApiKeyFileProvider>().Single().Fault;
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or InvalidOperationException)
        {
            options.Access.FileFault = ApiKeyRules.FaultOfFile(path, exception);
        }
    }

    /// <summary>Reads the file again if there is one, and raises <see cref="Changed"/>.</summary>
    public bool TryReload()
    {
        IConfigurationRoot? file;
        lock (_gate)
        {
            file = _file;
        }

        file?.Reload();
        return file is not null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _changes?.Dispose();
            (_file as IDisposable)?.Dispose();
        }
    }

    private IConfigurationRoot Open(string path)
    {
        lock (_gate)
        {
            if (_file is null)
            {
                _file = ApiKeyFileSource.Load(path, isWatched: true);
                _changes = ChangeToken.OnChange(_file.GetReloadToken, () => Changed?.Invoke());
            }

            return _file;
        }
    }
}
