using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.Extensions.Primitives;

namespace OrleansTagCache.Silo.Access;

/// <summary>
/// The keys that are good now. Several may be good for one namespace, so a key is rotated by making the next one before the last one expires.
/// A change of the configuration is taken over without a restart; one with faults is not, and the keys stay as they were.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed partial class KeyRing : IDisposable
{
    /// <summary>Compared with where there is no such key, so that a name that exists takes as long as one that does not.</summary>
    private static readonly byte[] NoHash = new byte[SHA256.HashSizeInBytes];

    private readonly TimeProvider _time;
    private readonly ILogger<KeyRing> _log;
    private readonly IDisposable _changes;
    private volatile FrozenDictionary<string, ApiKey> _keys = FrozenDictionary<string, ApiKey>.Empty;

    public KeyRing(IConfiguration configuration, TimeProvider time, ILogger<KeyRing> log)
    {
        (_time, _log) = (time, log);
        Take(configuration);
        _changes = ChangeToken.OnChange(configuration.GetReloadToken, Take, configuration);
    }

    /// <summary>Whether calls need a key: since there was one. A file that loses its last key closes the silo and does not open it.</summary>
    public bool IsRequired { get; private set; }

    /// <summary>The key, if that text is one that is good at this moment.</summary>
    public ApiKey? Find(string text)
    {
        var key = ApiKeyText.TryReadId(text, out var id) ? _keys.GetValueOrDefault(id) : null;
        var isIt = CryptographicOperations.FixedTimeEquals(ApiKeyText.Hash(text), key?.Hash ?? NoHash);
        return isIt && key is not null && (key.Expires is not { } end || _time.GetUtcNow() < end) ? key : null;
    }

    public void Dispose() => _changes.Dispose();

    private void Take(IConfiguration configuration)
    {
        if ((configuration as IConfigurationRoot)?.Providers.OfType<KeyFileProvider>().Select(file => file.Fault).FirstOrDefault(fault => fault is not null) is { } unreadable)
        {
            LogRefused(unreadable);
            return;
        }

        try
        {
            var options = configuration.GetSection(AccessOptions.Section).Get<AccessOptions>() ?? new();
            var faults = options.Faults().ToList();
            if (faults.Count == 0)
            {
                _keys = options.Keys.ToFrozenDictionary(key => key.Key, key => key.Value.ToKey(key.Key), StringComparer.Ordinal);
                IsRequired |= _keys.Count > 0;
                LogTaken(_keys.Count);
                return;
            }

            LogRefused(string.Join(" ", faults));
        }
        catch (Exception exception)
        {
            // Thrown on the thread that watches the configuration, it would end the process.
            LogRefused(exception.Message);
        }
    }

    [LoggerMessage(7001, LogLevel.Debug, "{Count} API keys were read.")]
    private partial void LogTaken(int count);

    [LoggerMessage(7002, LogLevel.Error, "The API keys were changed to something that cannot be used, and stay as they were. {Faults}")]
    private partial void LogRefused(string faults);
}
