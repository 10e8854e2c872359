using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Http.Authentication;

/// <summary>
/// The keys that are valid now. Several may be valid for one namespace, so a key is rotated by making the next one before the last one expires.
/// A change of the configuration, or of the file of keys, is taken over without a restart; one that cannot be used is not: the keys stay as they were, and it is tried again and again.
/// </summary>
/// <remarks>
/// Thread-safe. The options are made anew at each change: <see cref="IOptionsMonitor{T}"/> would throw their faults on the thread that watches the configuration. The file is looked at by a timer while there is one, or a fault: its system may
/// tell of no change where the file is a link to one that is replaced, or on another machine, and of none when only the right to read it has changed.
/// </remarks>
internal sealed partial class ApiKeyRing : IDisposable
{
    /// <summary>Compared with where there is no such key, so that a name that exists takes as long as one that does not.</summary>
    private static readonly byte[] NoHash = new byte[SHA256.HashSizeInBytes];

    /// <summary>How often the file is looked at.</summary>
    private static readonly TimeSpan FilePeriod = TimeSpan.FromSeconds(2);

    private readonly Lock _taking = new();
    private readonly IOptionsFactory<TagCacheHttpOptions> _options;
    private readonly TimeProvider _time;
    private readonly ILogger<ApiKeyRing> _log;
    private readonly IDisposable _changes;
    private readonly OnDemandTimer _looks;
    private volatile FrozenDictionary<string, ApiKey> _keys = FrozenDictionary<string, ApiKey>.Empty;
    private volatile string? _fault;
    private string? _path;
    private string? _content;

    /// <exception cref="OptionsValidationException">The options have faults.</exception>
    public ApiKeyRing(IOptionsFactory<TagCacheHttpOptions> options, IConfiguration configuration, TimeProvider time, ILogger<ApiKeyRing> log)
    {
        (_options, _time, _log) = (options, time, log);
        _looks = new(FilePeriod, Look, failed => LogRefused(failed.Message), time);
        Read();
        _changes = ChangeToken.OnChange(configuration.GetReloadToken, Take);
        StartLooks();
    }

    /// <summary>Whether calls need a key: since there was one. A file that loses its last key closes the silo and does not open it.</summary>
    public bool IsRequired { get; private set; }

    /// <summary>Why the last change was not taken over; null if it was.</summary>
    public string? Fault => _fault;

    /// <summary>The key, if that text is one that is valid at this moment.</summary>
    public ApiKey? Find(string text)
    {
        var key = ApiKeyText.TryReadId(text, out var id) ? _keys.GetValueOrDefault(id) : null;
        var isIt = CryptographicOperations.FixedTimeEquals(ApiKeyText.Hash(text), key?.Hash ?? NoHash);
        return isIt && key is not null && IsInTime(key) ? key : null;
    }

    /// <summary>Whether a caller that was let in would be let in now: its key is still there, with the same scopes, and has not expired.</summary>
    public bool IsValid(ApiCaller caller) => caller.KeyId is null
        ? !IsRequired
        : _keys.GetValueOrDefault(caller.KeyId) is { } key && ReferenceEquals(key.Caller, caller) && IsInTime(key);

    /// <summary>The key of that name, if it is valid at this moment: for those who have shown it before.</summary>
    public ApiKey? FindNamed(string id) => _keys.GetValueOrDefault(id) is { } key && IsInTime(key) ? key : null;

    public void Dispose()
    {
        _changes.Dispose();
        _looks.Dispose();
    }

    private bool IsInTime(ApiKey key) => key.Expires is not { } end || _time.GetUtcNow() < end;

    /// <summary>One look at the file. What could not be used is tried again, whatever it was.</summary>
    /// <returns>Whether there is anything to look at again.</returns>
    private bool Look()
    {
        lock (_taking)
        {
            if (_fault is not null || (_path is not null && ApiKeyFile.ContentOf(_path) != _content))
            {
                Take();
            }

            return IsToBeLookedAtNeedsLock;
        }
    }

    private bool IsToBeLookedAtNeedsLock => _fault is not null || _path is not null;

    private void StartLooks()
    {
        lock (_taking)
        {
            if (IsToBeLookedAtNeedsLock)
            {
                _looks.Start();
            }
        }
    }

    private void Take()
    {
        lock (_taking)
        {
            var last = _fault;
            _fault = FaultOfReading();
            StartLooks();
            if (_fault is not null && _fault != last)
            {
                LogRefused(_fault);
            }
            else if (_fault is null && last is not null)
            {
                LogUsable();
            }
        }
    }

    private string? FaultOfReading()
    {
        try
        {
            Read();
            return null;
        }
        catch (OptionsValidationException invalid)
        {
            return string.Join(" ", invalid.Failures);
        }
        catch (Exception exception)
        {
            // Thrown on the thread of the timer, or of the one that watches the configuration, it would end the process.
            return exception.Message;
        }
    }

    private void Read()
    {
        var access = _options.Create(Options.DefaultName).Access;
        _keys = access.Keys.ToFrozenDictionary(key => key.Key, key => Known(ApiKey.Of(key.Key, key.Value)), StringComparer.Ordinal);
        IsRequired |= _keys.Count > 0;
        (_path, _content) = (access.File is { Length: > 0 } ? access.File : null, access.FileContent);
        LogTaken(_keys.Count);
    }

    /// <summary>The same object for a key that has not changed: callers of it stay who they are.</summary>
    private ApiKey Known(ApiKey read) => _keys.GetValueOrDefault(read.Id) is { } known && known.IsAs(read) ? known : read;

    [LoggerMessage(7001, LogLevel.Debug, "{Count} API keys were read.")]
    private partial void LogTaken(int count);

    [LoggerMessage(7002, LogLevel.Error, "The changed API keys cannot be used; the last ones stay in use. {Faults}")]
    private partial void LogRefused(string faults);

    [LoggerMessage(7004, LogLevel.Information, "The API keys can be used again, and were read.")]
    private partial void LogUsable();
}
