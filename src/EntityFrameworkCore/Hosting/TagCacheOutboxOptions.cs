using Microsoft.Extensions.Options;

namespace OrleansTagCache;

/// <summary>How the outbox of a context is drained.</summary>
public sealed class TagCacheOutboxOptions
{
    /// <summary>How often a process looks for rows that others have left. Rows of its own that need it are drained at once.</summary>
    /// <value>100 ms to 1 h; default 5 s.</value>
    [SettingRange("00:00:00.100", "01:00:00")]
    public TimeSpan Period { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>For how long a process sees a row before it drains it: the process that has written it deletes it when it has released its holds. A row that is drained too early costs one more update.</summary>
    /// <value>0 to 1 h; default 15 s.</value>
    [SettingRange("00:00:00", "01:00:00")]
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>For how long a process sees the same claim of another one on a row before it takes that process for dead and claims the row itself. Longer than an update takes (<see cref="TagCacheClientOptions.UpdateTimeout"/>).</summary>
    /// <value>1 s to 1 h; default 1 min.</value>
    [SettingRange("00:00:01", "01:00:00")]
    public TimeSpan ClaimTime { get; set; } = TimeSpan.FromMinutes(1);
}

/// <summary>The rules that the attributes of the options state.</summary>
[OptionsValidator]
internal sealed partial class TagCacheOutboxRanges : IValidateOptions<TagCacheOutboxOptions>;
