using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace OrleansTagCache.Http.Authentication;

/// <summary>Whether programs on this machine may call without a key while there are none: if the options allow it, or, where they say nothing, in development.</summary>
internal sealed class LocalCallers(IOptions<TagCacheHttpOptions> options, IHostEnvironment environment)
{
    /// <summary>What is to be done where it is not allowed.</summary>
    public const string Remedy =
        $"Create keys with 'keys create' and name them in {ApiAccessOptions.Section}:{nameof(ApiAccessOptions.File)} or {ApiAccessOptions.Section}:{nameof(ApiAccessOptions.Keys)}, "
        + $"or set {ApiAccessOptions.Section}:{nameof(ApiAccessOptions.AllowLocalWithoutKeys)} to true, which lets every program on this machine call, and everyone whose calls a proxy on this machine passes on.";

    public bool AreAllowed { get; } = options.Value.Access.AllowLocalWithoutKeys ?? environment.IsDevelopment();
}
