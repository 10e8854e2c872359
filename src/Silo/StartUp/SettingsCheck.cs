using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using OrleansTagCache.Hosting;
using OrleansTagCache.Silo.Clustering;

namespace OrleansTagCache.Silo.StartUp;

/// <summary>Reads the section <c>TagCache</c> as a whole: settings that do not exist, values that cannot be read, and values out of range.</summary>
internal static class SettingsCheck
{
    /// <exception cref="StartUpFault">Something is wrong; all of it is named.</exception>
    public static ClusteringOptions Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(TagCacheOptions.Section);
        var faults = new List<string>();
        Unreadable(section, [typeof(TagCacheOptions), typeof(ClusteringOptions)], faults);
        if (faults.Count > 0)
        {
            throw new StartUpFault(faults);
        }

        var clustering = section.Get<ClusteringOptions>() ?? new();
        faults.AddRange(clustering.Faults());
        faults.AddRange(new TagCacheOptionsValidator().Validate(null, section.Get<TagCacheOptions>() ?? new()).Failures ?? []);
        faults.AddRange(NotLoopback(configuration["urls"]));
        return faults.Count == 0 ? clustering : throw new StartUpFault(faults);
    }

    /// <summary>The addresses that the HTTP API is told to listen on.</summary>
    public static IEnumerable<Uri> Urls(string? urls) => (urls ?? string.Empty)
        .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(url => Uri.TryCreate(url.Replace("*", "0.0.0.0", StringComparison.Ordinal).Replace("+", "0.0.0.0", StringComparison.Ordinal), UriKind.Absolute, out var uri)
            ? uri
            : throw new StartUpFault($"urls holds '{url}', which is not a URL. An example: http://127.0.0.1:8080"));

    private static IEnumerable<string> NotLoopback(string? urls) => Urls(urls)
        .Where(uri => !uri.IsLoopback)
        .Select(uri => $"urls names {uri.Host}: without access keys the silo listens on loopback only. Use http://127.0.0.1:{uri.Port}.");

    private static void Unreadable(IConfigurationSection section, Type[] types, List<string> faults)
    {
        foreach (var child in section.GetChildren())
        {
            var property = types.Select(type => type.GetProperty(child.Key, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase))
                .FirstOrDefault(found => found is not null);
            if (property is null)
            {
                faults.Add($"{child.Path} is not a setting. Known are: {string.Join(", ", types.SelectMany(type => type.GetProperties()).Where(p => p.CanWrite).Select(p => p.Name).Distinct().Order())}.");
            }
            else if (child.Value is null)
            {
                if (property.PropertyType.IsClass && property.PropertyType != typeof(string))
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

    private static bool CanRead(string text, Type type)
    {
        try
        {
            return text.Length == 0 || TypeDescriptor.GetConverter(type).ConvertFromString(null, CultureInfo.InvariantCulture, text) is not null;
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
