using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace OrleansTagCache.Generators.Reading;

/// <summary>What the attribute says, checked.</summary>
internal sealed class Settings(AttributeData attribute)
{
    private const int LongestKey = 256;
    private const int MostTags = 128;
    private const double LongestTimeout = 24 * 60 * 60;

    public string? Life => Text("Life");

    public string? Key => Text("Key");

    public string? Cache => Text("Cache");

    public string? Body => Text("Body");

    public int Version => Value("Version") is int version ? version : 0;

    public IReadOnlyList<string> Tags => attribute.NamedArguments.FirstOrDefault(argument => argument.Key == "Tags").Value is { Kind: TypedConstantKind.Array, IsNull: false } tags
        ? [.. tags.Values.Select(tag => tag.Value as string ?? string.Empty)]
        : [];

    /// <summary>The settings that are options as they are, as initializers.</summary>
    public IEnumerable<string> Options()
    {
        if (Value("AllowBackgroundRefresh") is true)
        {
            yield return "AllowBackgroundRefresh = true";
        }

        if (Value("StoreNull") is false)
        {
            yield return "StoreNull = false";
        }

        if (Value("NearCache") is int near and not 0)
        {
            yield return $"NearCache = (global::OrleansTagCache.NearCacheMode){near.ToString(CultureInfo.InvariantCulture)}";
        }

        if (Value("EagerRefresh") is double eager and not 0)
        {
            yield return $"EagerRefresh = {SymbolDisplay.FormatPrimitive(eager, quoteStrings: false, useHexadecimalNumbers: false)}d";
        }

        foreach (var name in (string[])["FailSafe", "Jitter", "Sliding", "FactorySoftTimeout", "FactoryHardTimeout"])
        {
            if (Seconds(name) is { } seconds and not 0)
            {
                yield return $"{name} = global::System.TimeSpan.FromSeconds({SymbolDisplay.FormatPrimitive(seconds, quoteStrings: false, useHexadecimalNumbers: false)}d)";
            }
        }
    }

    /// <summary>Says what is out of range: a setting, and what is wrong with it.</summary>
    public IEnumerable<(string Setting, string Fault)> Faults()
    {
        if (Key is { } key && (key.Length is 0 or > LongestKey || key.Any(unit => unit is ':' or '#' || char.IsControl(unit) || char.IsSurrogate(unit))))
        {
            yield return ("Key", $"must have 1 to {LongestKey} UTF-16 units, without ':', '#', control characters and surrogates");
        }

        if (Version < 0)
        {
            yield return ("Version", "must not be negative");
        }

        if (Life is { } life && string.IsNullOrWhiteSpace(life))
        {
            yield return ("Life", "must be the name of a profile");
        }

        if (Tags.Count > MostTags)
        {
            yield return ("Tags", $"must be at most {MostTags}");
        }

        if (Value("EagerRefresh") is double eager && !(eager is 0 or (>= 0.5 and <= 0.95)))
        {
            yield return ("EagerRefresh", "must be from 0.5 to 0.95, or zero");
        }

        foreach (var name in (string[])["FailSafe", "Jitter", "Sliding"])
        {
            if (Seconds(name) is { } seconds && !(seconds >= 0 && seconds <= TimeSpan.MaxValue.TotalSeconds / 2))
            {
                yield return ($"{name}Seconds", "must not be negative, and must be a duration");
            }
        }

        foreach (var name in (string[])["FactorySoftTimeout", "FactoryHardTimeout"])
        {
            if (Seconds(name) is { } seconds && !(seconds is >= 0 and <= LongestTimeout))
            {
                yield return ($"{name}Seconds", "must not be negative, and at most a day");
            }
        }
    }

    private double? Seconds(string name) => Value($"{name}Seconds") as double?;

    private string? Text(string name) => Value(name) as string;

    private object? Value(string name) => attribute.NamedArguments.FirstOrDefault(argument => argument.Key == name).Value is { Kind: not TypedConstantKind.Array } constant ? constant.Value : null;
}
