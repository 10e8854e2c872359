using Microsoft.Extensions.Options;

namespace OrleansTagCache;

/// <summary>Says everything that is wrong with a client's options, at once, at start-up.</summary>
internal sealed class TagCacheClientOptionsValidator : IValidateOptions<TagCacheClientOptions>
{
    private readonly TagCacheClientOptionsRanges _ranges = new();

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, TagCacheClientOptions options) =>
        SettingFaults.Result(_ranges.Validate(name, options), SettingFaults.OfCache(options));
}

/// <summary>The rules that the attributes of the options state.</summary>
[OptionsValidator]
internal sealed partial class TagCacheClientOptionsRanges : IValidateOptions<TagCacheClientOptions>;
