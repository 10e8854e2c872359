using Microsoft.Extensions.Options;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Hooks;
using OrleansTagCache.Http.Limits;

namespace OrleansTagCache.Http.Hosting;

/// <summary>Says everything that is wrong with the options of the HTTP API, at once, at start-up and whenever its keys change.</summary>
internal sealed class TagCacheHttpOptionsValidator(IOptions<TagCacheOptions> cache) : IValidateOptions<TagCacheHttpOptions>
{
    /// <summary>Everything that is wrong with them.</summary>
    /// <param name="options">The options.</param>
    /// <param name="cache">Those of the silo, which some of the rules need.</param>
    public static IEnumerable<string> Faults(TagCacheHttpOptions options, TagCacheOptions cache)
    {
        var profiles = new CacheLifeProfiles(cache.Profiles);
        return options.Hooks.SelectMany(hook => WebhookRules.Faults(hook.Key, hook.Value, profiles))
            .Concat(ApiKeyRules.Faults(options.Access))
            .Concat(HttpLimitRules.Faults(options.Limits, cache.MaximumPayloadBytes));
    }

    public ValidateOptionsResult Validate(string? name, TagCacheHttpOptions options)
    {
        var faults = Faults(options, Cache()).ToList();
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    /// <summary>The silo's options. Where those have faults of their own, they are reported by their own validator.</summary>
    private TagCacheOptions Cache()
    {
        try
        {
            return cache.Value;
        }
        catch (OptionsValidationException)
        {
            return new();
        }
    }
}
