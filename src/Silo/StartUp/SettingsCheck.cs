using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using OrleansTagCache.Http;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Hosting;

namespace OrleansTagCache.Silo.StartUp;

/// <summary>Reads the section <c>TagCache</c> as a whole: settings that do not exist, values that cannot be read, and values out of range.</summary>
internal static class SettingsCheck
{
    private static readonly Type[] All = [typeof(TagCacheOptions), typeof(TagCacheHttpOptions), typeof(SiloProgramOptions)];

    /// <exception cref="StartUpFault">Something is wrong; all of it is named.</exception>
    /// <returns>The options, and whether the HTTP API has keys.</returns>
    public static (SiloProgramOptions Options, bool HasKeys) Read(IConfiguration configuration)
    {
        var faults = new List<string>();
        var keys = ReadKeyFile(configuration, faults);
        var section = new ConfigurationBuilder().AddConfiguration(configuration).AddConfiguration(keys).Build().GetSection(TagCacheOptions.Section);
        Unreadable(section, All, faults);

        // What cannot be read has been named, and keeps its default for the checks of everything else.
        var readable = new ConfigurationBuilder().AddInMemoryCollection(Readable(section)).Build();
        var options = readable.Get<SiloProgramOptions>() ?? new();
        var http = readable.Get<TagCacheHttpOptions>() ?? new();
        var hasKeys = http.Access.Keys.Count > 0;
        faults.AddRange(options.Faults(hasKeys));
        var cache = readable.Get<TagCacheOptions>() ?? new();
        faults.AddRange(new TagCacheOptionsValidator().Validate(null, cache).Failures ?? []);
        faults.AddRange(TagCacheHttpOptionsValidator.Faults(http, cache));
        if (faults.Count == 0 && MemoryCheck.FaultOf(cache, http.Limits, MemoryShare.Limit) is { } tooMuch)
        {
            faults.Add(tooMuch);
        }

        faults.AddRange(Addresses.Faults(configuration, loopbackOnly: !hasKeys));
        return faults.Count == 0 ? (options, hasKeys) : throw new StartUpFault(faults);
    }

    /// <summary>The file of keys, as it is now.</summary>
    private static IConfiguration ReadKeyFile(IConfiguration configuration, List<string> faults)
    {
        var none = new ConfigurationBuilder().Build();
        if (configuration[$"{ApiAccessOptions.Section}:{nameof(ApiAccessOptions.File)}"] is not { Length: > 0 } path)
        {
            return none;
        }

        try
        {
            return ApiKeyFile.Read(path);
        }
        catch (InvalidDataException unusable)
        {
            faults.Add(unusable.Message);
            return none;
        }
    }

    private static IEnumerable<KeyValuePair<string, string?>> Readable(IConfigurationSection section) => section.AsEnumerable(makePathsRelative: true)
        .Where(pair => pair.Value is null || TypeOf(pair.Key, All) is { } type && CanRead(pair.Value, type));

    /// <summary>The type of the option that a path such as <c>Clustering:Provider</c> names.</summary>
    private static Type? TypeOf(string path, Type[] types)
    {
        foreach (var name in path.Split(':'))
        {
            types = types is [var only] && ItemOf(only) is { } item ? [item]
                : Settable(types, name) is { } property ? [property.PropertyType]
                : [];
        }

        return types.FirstOrDefault();
    }

    private static PropertyInfo? Settable(Type[] types, string name) => types
        .Select(type => type.GetProperty(name, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase))
        .FirstOrDefault(found => found is { CanWrite: true });

    private static void Unreadable(IConfigurationSection section, Type[] types, List<string> faults)
    {
        foreach (var child in section.GetChildren())
        {
            var property = Settable(types, child.Key);
            if (property is null)
            {
                faults.Add($"{child.Path} is not a setting. Known are: {Known(types)}.");
            }
            else if (child.Value is null)
            {
                if (ItemOf(property.PropertyType) is { } item)
                {
                    foreach (var named in item == typeof(string) ? [] : child.GetChildren())
                    {
                        Unreadable(named, [item], faults);
                        if (named.Value is not null)
                        {
                            faults.Add($"{named.Path} is a text; it needs settings of its own: {Known([item])}.");
                        }
                    }
                }
                else if (property.PropertyType.IsClass && property.PropertyType != typeof(string))
                {
                    Unreadable(child, [property.PropertyType], faults);
                }
            }
            else if (!CanRead(child.Value, property.PropertyType))
            {
                faults.Add($"{child.Path} is '{child.Value}', which is not a {Describe(property.PropertyType)}.");
            }
        }
    }

    private static string Known(Type[] types) =>
        string.Join(", ", types.SelectMany(type => type.GetProperties()).Where(p => p.CanWrite).Select(p => p.Name).Distinct().Order());

    /// <summary>What a setting holds by number or by names that people choose, or null if it is not of that kind.</summary>
    private static Type? ItemOf(Type type) =>
        type.IsArray ? type.GetElementType()
        : type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Dictionary<,>) ? type.GetGenericArguments()[1] : null;

    private static bool CanRead(string text, Type type)
    {
        try
        {
            return TypeDescriptor.GetConverter(type).ConvertFromString(null, CultureInfo.InvariantCulture, text) is not null;
        }
        catch (Exception)
        {
            return false;
        }
    }

    private static string Describe(Type type)
    {
        var actual = Nullable.GetUnderlyingType(type) ?? type;
        return actual.IsEnum ? $"value of {string.Join(", ", Enum.GetNames(actual))}"
            : actual == typeof(TimeSpan) ? "duration such as 00:00:05"
            : actual == typeof(int) || actual == typeof(long) ? "whole number in range"
            : actual.Name;
    }
}
