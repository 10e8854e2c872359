using System.Diagnostics.CodeAnalysis;

namespace OrleansTagCache;

/// <summary>The lives that can be named: the seven that are built in, and those of the options. Names are compared in any case.</summary>
internal sealed class CacheLifeProfiles
{
    private static readonly Dictionary<string, CacheLife> BuiltIn = new(StringComparer.OrdinalIgnoreCase)
    {
        ["default"] = CacheLife.Default,
        ["seconds"] = CacheLife.Seconds,
        ["minutes"] = CacheLife.Minutes,
        ["hours"] = CacheLife.Hours,
        ["days"] = CacheLife.Days,
        ["weeks"] = CacheLife.Weeks,
        ["max"] = CacheLife.Max,
    };

    private readonly Dictionary<string, CacheLife> _named;

    public CacheLifeProfiles(IEnumerable<KeyValuePair<string, CacheLife>>? own = null)
    {
        _named = new(BuiltIn, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, life) in own ?? [])
        {
            _named[name] = life;
        }
    }

    public IEnumerable<string> Names => _named.Keys;

    public static bool TryGetBuiltIn(string name, [NotNullWhen(true)] out CacheLife? life) => BuiltIn.TryGetValue(name, out life);

    /// <summary>Everything that is wrong with profiles of one's own: names that are taken or empty, and lives that are names themselves.</summary>
    public static IEnumerable<string> Faults(IEnumerable<KeyValuePair<string, CacheLife>> own)
    {
        foreach (var (name, life) in own)
        {
            if (string.IsNullOrWhiteSpace(name) || BuiltIn.ContainsKey(name))
            {
                yield return $"Profiles: '{name}' is {(string.IsNullOrWhiteSpace(name) ? "empty" : "built in")}; choose another name.";
            }

            if (life is null or { ProfileName: not null })
            {
                yield return $"Profiles: '{name}' must be a life with durations.";
            }
        }
    }

    /// <summary>What is wrong with a default life, or null if nothing is.</summary>
    public static string? Fault(CacheLife? life, IEnumerable<KeyValuePair<string, CacheLife>> own) => life switch
    {
        null => "A life must not be null.",
        { ProfileName: { } name } => new CacheLifeProfiles(own).Fault(name),
        _ => null,
    };

    /// <summary>The life with its durations known.</summary>
    /// <exception cref="ArgumentException">It names a profile that does not exist; the message lists those that do.</exception>
    public CacheLife Resolve(CacheLife life, string parameterName) =>
        life.ProfileName is { } name ? Named(name, parameterName) : life;

    /// <exception cref="ArgumentException">There is no such profile; the message lists those that there are.</exception>
    public CacheLife Named(string name, string parameterName) =>
        Fault(name) is { } fault ? throw new ArgumentException(fault, parameterName) : _named[name];

    private string? Fault(string name) => _named.GetValueOrDefault(name) is { ProfileName: null }
        ? null
        : $"There is no life profile of that name ({name.Length} units). Known are: {string.Join(", ", _named.Keys)}.";
}
