using Microsoft.Extensions.Options;
using OrleansTagCache.Hosting;

namespace OrleansTagCache.Http;

/// <summary>Says everything that is wrong with the options of the HTTP API, at once, at start-up and whenever its keys change.</summary>
internal sealed class TagCacheHttpOptionsValidator(IOptions<TagCacheOptions> cache) : IValidateOptions<TagCacheHttpOptions>
{
    public ValidateOptionsResult Validate(string? name, TagCacheHttpOptions options)
    {
        var (maximumPayloadBytes, profiles) = Cache();
        var faults = options.Faults(maximumPayloadBytes, profiles).ToList();
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    /// <summary>What the rules need of the silo's options. Where those have faults of their own, they are reported by their own validator.</summary>
    private (long MaximumPayloadBytes, CacheLifeProfiles Profiles) Cache()
    {
        try
        {
            return (cache.Value.MaximumPayloadBytes, new(cache.Value.Profiles));
        }
        catch (OptionsValidationException)
        {
            return (0, new());
        }
    }
}
