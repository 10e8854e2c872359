using OrleansTagCache.Http;

namespace OrleansTagCache.Silo.StartUp;

/// <summary>Whether the bounds on memory fit into what this process may use: one that may take more ends, some day, in the middle of its work.</summary>
internal static class MemoryCheck
{
    /// <summary>What is wrong, or null.</summary>
    /// <param name="cache">The bounds on entries, and on what is kept near.</param>
    /// <param name="limits">The bound on bodies, which take twice their bytes while they are read.</param>
    /// <param name="limit">What the process may use, in bytes: <see cref="MemoryShare.Limit"/>.</param>
    public static string? FaultOf(TagCacheOptions cache, HttpLimitOptions limits, long limit)
    {
        var near = cache.NearCache == NearCacheMode.On ? cache.NearCacheMaximumBytes : 0;
        var room = MemoryShare.Room(limit);
        return (decimal)cache.MaximumBytes + near + (2m * limits.BodyBytes) <= room
            ? null
            : $"{SettingFaults.Setting(nameof(cache.MaximumBytes))} ({cache.MaximumBytes}), {SettingFaults.Setting(nameof(cache.NearCacheMaximumBytes))} ({near}) and twice {SettingFaults.Setting($"{nameof(TagCacheHttpOptions.Limits)}:{nameof(limits.BodyBytes)}")} ({limits.BodyBytes}) are together more than {room} bytes, which the memory limit of this process ({limit}) leaves them.";
    }
}
