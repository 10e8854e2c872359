using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using OrleansTagCache.Http;
using Xunit;

namespace OrleansTagCache.Tests.Architecture;

/// <summary>The tables of the page of settings are made from the options: names and defaults from the code, ranges from the attributes, meanings from the XML documentation.</summary>
public sealed class SettingsPageTests
{
    private static readonly Dictionary<string, object> Tables = new()
    {
        ["cache"] = new TagCacheClientOptions(),
        ["silo"] = new TagCacheOptions(),
        ["tls"] = new ClusterTlsOptions(),
        ["limits"] = new HttpLimitOptions(),
        ["ui"] = new UiOptions(),
        ["saves"] = new TagCacheSaveOptions(),
        ["outbox"] = new TagCacheOutboxOptions(),
    };

    /// <summary>Defaults that follow the memory limit: MemoryShareTests has their figures.</summary>
    private static readonly Dictionary<string, string> OfMemory = new()
    {
        [nameof(TagCacheOptions.MaximumBytes)] = "half of what the memory limit leaves beyond 64 MiB",
        [nameof(TagCacheClientOptions.NearCacheMaximumBytes)] = "256 MiB, or an eighth of the memory limit if that is less",
        [nameof(HttpLimitOptions.BodyBytes)] = "256 MiB, or a sixteenth of the memory limit if that is less",
    };

    [Theory]
    [InlineData("cache")]
    [InlineData("silo")]
    [InlineData("tls")]
    [InlineData("limits")]
    [InlineData("ui")]
    [InlineData("saves")]
    [InlineData("outbox")]
    public void Page_ListsEverySetting(string table)
    {
        var path = Path.Combine(Repository.Root, "docs", "reference", "settings.md");
        var text = File.ReadAllText(path);
        var (first, last) = ($"<!-- {table}: made by SettingsPageTests; set WRITE_DOCS=1 to write it anew -->\n", $"<!-- /{table} -->\n");
        var (begin, end) = (text.IndexOf(first, StringComparison.Ordinal) + first.Length, text.IndexOf(last, StringComparison.Ordinal));
        Assert.True(begin >= first.Length && end >= begin, "The page has no place for the table.");
        var rows = Table(Tables[table], table switch { "tls" => "Tls:", "limits" => "Limits:", "ui" => "Ui:", _ => string.Empty });
        if (Environment.GetEnvironmentVariable("WRITE_DOCS") == "1")
        {
            File.WriteAllText(path, text[..begin] + rows + text[end..]);
        }
        else
        {
            Assert.Equal(rows, text[begin..end]);
        }
    }

    /// <summary>What an editor shows of an option is what the code does.</summary>
    [Theory]
    [InlineData("cache")]
    [InlineData("silo")]
    [InlineData("tls")]
    [InlineData("limits")]
    [InlineData("ui")]
    [InlineData("saves")]
    [InlineData("outbox")]
    public void Documentation_StatesTheRangeAndTheDefaultOfTheCode(string table)
    {
        var documentation = Documentation(Tables[table].GetType());
        var wrong = new List<string>();
        foreach (var property in Settings(Tables[table].GetType()))
        {
            var (range, standard) = (RangeOf(property), DefaultOf(property, Tables[table]));
            var expected = range.Length > 0 ? $"{range}; default {standard}." : $"Default {standard}.";
            var stated = Text(documentation[property.Name].Element("value"));
            if (stated != $"{char.ToUpperInvariant(expected[0])}{expected[1..]}")
            {
                wrong.Add($"{property.Name}: the documentation says '{stated}', the code '{expected}'");
            }
        }

        Assert.Empty(wrong);
    }

    private static string Table(object options, string prefix)
    {
        var documentation = Documentation(options.GetType());
        var table = new StringBuilder("\n| setting | type | default | range | meaning |\n|---|---|---|---|---|\n");
        foreach (var property in Settings(options.GetType()).OrderBy(property => property.Name, StringComparer.Ordinal))
        {
            table.Append(CultureInfo.InvariantCulture,
                $"| `{prefix}{property.Name}` | {TypeOf(property)} | {DefaultOf(property, options)} | {RangeOf(property)} | {Text(documentation[property.Name].Element("summary"))} |\n");
        }

        return table.Append('\n').ToString();
    }

    /// <summary>Those that the type has itself.</summary>
    private static PropertyInfo[] Settings(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly);

    private static Dictionary<string, XElement> Documentation(Type type)
    {
        var prefix = $"P:{type.FullName}.";
        return XDocument.Load(Path.ChangeExtension(type.Assembly.Location, ".xml")).Descendants("member")
            .Where(member => ((string)member.Attribute("name")!).StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(member => ((string)member.Attribute("name")!)[prefix.Length..]);
    }

    private static string TypeOf(PropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return type.IsEnum ? string.Join(" or ", Enum.GetNames(type).Select(name => $"`{name}`"))
            : type == typeof(TimeSpan) ? "duration"
            : type == typeof(bool) ? "`true` or `false`"
            : type == typeof(string) ? "text"
            : type == typeof(string[]) ? "list of texts"
            : type == typeof(CacheLife) ? "profile"
            : typeof(System.Collections.IDictionary).IsAssignableFrom(type) && property.CanWrite ? "by name, below"
            : IsBytes(property) ? "bytes"
            : type == typeof(int) || type == typeof(long) ? "number"
            : "in code";
    }

    private static string DefaultOf(PropertyInfo property, object options) => property.GetValue(options) switch
    {
        _ when OfMemory.TryGetValue(property.Name, out var share) => share,
        null or System.Collections.IEnumerable and not string => "none",
        TimeSpan duration => Text(duration),
        CacheLife life => $"`{nameof(CacheLife)}.{typeof(CacheLife).GetProperties(BindingFlags.Public | BindingFlags.Static).First(named => ReferenceEquals(named.GetValue(null), life)).Name}`",
        bool value => value ? "`true`" : "`false`",
        int or long => Text(property, Convert.ToInt64(property.GetValue(options), CultureInfo.InvariantCulture)),
        var value => $"`{value}`",
    };

    private static string RangeOf(PropertyInfo property) => property.GetCustomAttribute<SettingRangeAttribute>() switch
    {
        { Least: TimeSpan least, Most: TimeSpan most } => $"{Text(least)} to {Text(most)}",
        { Least: long least, Most: (long)int.MaxValue or long.MaxValue } => $"from {Text(property, least)}",
        { Least: long least, Most: long most } => $"{Text(property, least)} to {Text(property, most)}",
        _ when property.Name == nameof(TagCacheClientOptions.Namespace) => $"1 to {NameLimits.NamespaceLength} UTF-16 units",
        _ => string.Empty,
    };

    private static bool IsBytes(PropertyInfo property) => property.Name.EndsWith("Bytes", StringComparison.Ordinal) || property.Name.EndsWith("BytesPerSecond", StringComparison.Ordinal);

    private static string Text(PropertyInfo property, long number) => (IsBytes(property), number) switch
    {
        (true, 1) => "1 byte",
        (true, >= 1024 * 1024) => string.Create(CultureInfo.InvariantCulture, $"{number / (1024 * 1024)} MiB"),
        _ => number.ToString("N0", CultureInfo.InvariantCulture),
    };

    private static string Text(TimeSpan duration) => duration switch
    {
        { Ticks: 0 } => "0",
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds} ms"),
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMinutes} min"),
        { TotalDays: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalHours} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalDays} {(duration.TotalDays == 1 ? "day" : "days")}"),
    };

    /// <summary>The text of an element of the documentation, as Markdown.</summary>
    private static string Text(XElement? element) => Regex.Replace(
        string.Concat((element?.Nodes() ?? []).Select(node => node switch
        {
            XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
            XElement { Name.LocalName: "see" } see => $"`{Name((string)see.Attribute("cref")!)}`",
            _ => node.ToString(),
        })),
        @"\s+",
        " ").Trim();

    /// <summary>A property of the other options by its own name, everything else with its type.</summary>
    private static string Name(string cref)
    {
        var parts = cref[2..].Split('.');
        return cref[0] == 'T' || parts[^2].StartsWith("TagCache", StringComparison.Ordinal) ? parts[^1] : $"{parts[^2]}.{parts[^1]}";
    }
}
