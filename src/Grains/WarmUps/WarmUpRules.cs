using Microsoft.Extensions.Options;
using OrleansTagCache.Hosting;
using OrleansTagCache.Names;

namespace OrleansTagCache.WarmUps;

/// <summary>What warm-ups must be like in the options, and what they say.</summary>
internal static class WarmUpRules
{
    private const int MaximumWarmUps = 1_000;

    private static readonly WarmUpValues Values = new();

    /// <summary>The warm-ups of the settings.</summary>
    public static ConfiguredWarmUps Of(TagCacheOptions options) => new(
        [.. options.WarmUps.Select(warmUp => new WarmUpRegistration(
            warmUp.Key, LoaderName.Parse(warmUp.Value.Loader), WarmUpServices.Fixed(warmUp.Value.Arguments), warmUp.Value, warmUp.Value.Namespace ?? options.Namespace))]);

    /// <summary>Everything that is wrong with the warm-ups of a silo, each fault beginning with the setting.</summary>
    public static IEnumerable<string> Faults(TagCacheOptions options)
    {
        if (options.WarmUps.Count > MaximumWarmUps)
        {
            yield return $"{nameof(options.WarmUps)} has {options.WarmUps.Count} warm-ups; at most {MaximumWarmUps} are possible.";
        }

        foreach (var (name, warmUp) in options.WarmUps)
        {
            var path = $"{nameof(options.WarmUps)}:{name}";
            if (NameRules.Fault("name of a warm-up", name, WarmUpRegistration.NameLength) is { } named)
            {
                yield return $"{path}: {named}";
            }

            if (warmUp is null)
            {
                yield return $"{path} must not be null.";
                continue;
            }

            foreach (var fault in (Values.Validate(null, warmUp).Failures ?? []).Concat(Faults(warmUp, options)))
            {
                yield return $"{path}:{fault}";
            }
        }
    }

    private static IEnumerable<string> Faults(WarmUpSettings warmUp, TagCacheOptions options)
    {
        if (NameRules.Fault("loader name", warmUp.Loader, NameLimits.LoaderNameLength) is { } loader)
        {
            yield return $"Loader: {loader}";
        }
        else if (warmUp.Loader.Contains(':', StringComparison.Ordinal))
        {
            yield return "Loader: A loader name must not contain a colon.";
        }

        if (warmUp.Arguments is null or [] || warmUp.Arguments.Length > warmUp.MaximumKeys)
        {
            yield return $"Arguments must be 1 to {warmUp.MaximumKeys} texts (MaximumKeys).";
        }

        foreach (var argument in warmUp.Arguments ?? [])
        {
            if (NameRules.Fault("key", $"{warmUp.Loader}:{argument}", options.MaximumKeyLength) is { } fault)
            {
                yield return $"Arguments: {fault}";
            }
        }

        if (warmUp.Namespace is not null && NameRules.Fault("namespace", warmUp.Namespace, NameLimits.NamespaceLength) is { } space)
        {
            yield return $"Namespace: {space}";
        }
    }
}

/// <summary>The rules that the attributes of the options state.</summary>
[OptionsValidator]
internal sealed partial class WarmUpValues : IValidateOptions<WarmUpSettings>;
