using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace OrleansTagCache.Http.Authentication;

/// <summary>
/// The keys that are valid now. Several may be valid for one namespace, so a key is rotated by making the next one before the last one expires.
/// A change of the configuration, or of the file of keys, is taken over without a restart; one with faults is not, and the keys stay as they were.
/// </summary>
/// <remarks>Thread-safe. The options are made anew at each change: <see cref="IOptionsMonitor{T}"/> would throw their faults on the thread that watches the file.</remarks>
internal sealed partial class ApiKeyRing : IDisposable
{
    /// <summary>Compared with where there is no such key, so that a name that exists takes as long as one that does not.</summary>
    private static readonly byte[] NoHash = new byte[SHA256.HashSizeInBytes];

    private readonly Lock _taking = new();
    private readonly IOptionsFactory<TagCacheHttpOptions> _options;
    private readonly ApiKeyFile _file;
    private readonly TimeProvider _time;
    private readonly ILogger<ApiKeyRing> _log;
    private readonly IDisposable _changes;
    private volatile FrozenDictionary<string, ApiKey> _keys = FrozenDictionary<string, ApiKey>.Empty;

    /// <exception cref="OptionsValidationException">The options have faults.</exception>
    public ApiKeyRing(IOptionsFactory<TagCacheHttpOptions> options, ApiKeyFile file, IConfiguration configuration, TimeProvider time, ILogger<ApiKeyRing> log)
    {
        (_options, _file, _time, _log) = (options, file, time, log);
        Read();
        _file.Changed += Take;
        _changes = ChangeToken.OnChange(configuration.GetReloadToken, TakeAll);
    }

    /// <summary>Whether calls need a key: since there was one. A file that loses its last key closes the silo and does not open it.</summary>
    public bool IsRequired { get; private set; }

    /// <summary>The key, if that text is one that is valid at this moment.</summary>
    public ApiKey? Find(string text)
    {
        var key = ApiKeyText.TryReadId(text, out var id) ? _keys.GetValueOrDefault(id) : null;
        var isIt = CryptographicOperations.FixedTimeEquals(ApiKeyText.Hash(text), key?.Hash ?? NoHash);
        return isIt && key is not null && (key.Expires is not { } end || _time.GetUtcNow() < end) ? key : null;
    }

    public void Dispose()
    {
        _changes.Dispose();
        _file.Changed -= Take;
    }

    /// <summary>A configuration that is read again reads the file again, too.</summary>
    private void TakeAll()
    {
        if (!_file.TryReload())
        {
            Take();
        }
    }

    private void Take()
    {
        lock (_taking)
        {
            try
            {
                Read();
            }
            catch (OptionsValidationException invalid)
            {
                LogRefused(string.Join(" ", invalid.Failures));
            }
            catch (Exception exception)
            {
                // Thrown on the thread that watches the configuration, it would end the process.
                LogRefused(exception.Message);
            }
        }
    }

    private void Read()
    {
        var access = _options.Create(Options.DefaultName).Access;
        _keys = access.Keys.ToFrozenDictionary(key => key.Key, key => ApiKey.Of(key.Key, key.Value), StringComparer.Ordinal);
        IsRequired |= _keys.Count > 0;
        LogTaken(_keys.Count);
    }

    [LoggerMessage(7001, LogLevel.Debug, "{Count} API keys were read.")]
    private partial void LogTaken(int count);

    [LoggerMessage(7002, LogLevel.Error, "The changed API keys cannot be used; the last ones stay in use. {Faults}")]
    private partial void LogRefused(string faults);
}
