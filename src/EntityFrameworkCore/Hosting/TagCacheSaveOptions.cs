using Microsoft.Extensions.Options;

namespace OrleansTagCache;

/// <summary>How the saves of a context hold the tags of what they change.</summary>
public sealed class TagCacheSaveOptions
{
    /// <summary>How long a hold lasts at most. It must cover the statements of a transaction from its first write on, and the commit. One that is over before the commit is taken again.</summary>
    /// <value>100 ms to 1 min; default 10 s.</value>
    [SettingRange("00:00:00.100", "00:01:00")]
    public TimeSpan AtMost { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>What becomes of a save when its tags cannot be held, since the cluster is away or at a bound.</summary>
    /// <value>Default <c>CommitAndUpdate</c>.</value>
    public WithoutHold WithoutHold { get; set; } = WithoutHold.CommitAndUpdate;

    /// <summary>Whether a save also holds the tag of each table that it writes (<c>TagCacheTags.OfTable</c>). It costs every entry that bears such a tag with each save to the table. <c>ExecuteUpdate</c> and <c>ExecuteDelete</c> hold them in any case.</summary>
    /// <value>Default <c>true</c>.</value>
    public bool HoldTables { get; set; } = true;

    /// <summary>How many tags one transaction may hold; one with more holds <c>*</c>, every entry of the namespace, instead.</summary>
    /// <value>128 to 16,384; default 1,024.</value>
    [SettingRange(NameLimits.TagsPerCall, 16_384)]
    public int MaximumTags { get; set; } = 1_024;

    /// <summary>The namespace whose tags are held; of the process's own cache if it is not set.</summary>
    /// <value>1 to 64 UTF-16 units; default none.</value>
    public string? Namespace { get; set; }
}

/// <summary>What becomes of a save when its tags cannot be held.</summary>
public enum WithoutHold
{
    /// <summary>It commits, and its tags are updated afterwards: again and again until that has succeeded, from the outbox if one is mapped. Until then readers may get the values from before the commit.</summary>
    CommitAndUpdate = 0,

    /// <summary>It fails with a <see cref="TagCacheUnavailableException"/>, before its first statement or before its commit.</summary>
    FailBeforeCommit = 1,
}

/// <summary>The rules that the attributes of the options state.</summary>
[OptionsValidator]
internal sealed partial class TagCacheSaveRanges : IValidateOptions<TagCacheSaveOptions>;
