using OrleansTagCache.Names;

namespace OrleansTagCache.Contracts;

/// <summary>What is to happen to the dependents of some tags, all in one.</summary>
/// <param name="Tags">The tags.</param>
/// <param name="StaleFor">Null to expire the dependents now (an update); otherwise how long they may still be served stale (a revalidation).</param>
/// <param name="Traces">The <c>traceparent</c>s of those who asked for it; null if none of them is traced.</param>
/// <param name="Match">Of an update: whether it expires what bears any of the tags, or what bears all of them.</param>
/// <param name="Remember">Whether readers who name the tags must see it too, whatever the entry bears.</param>
[GenerateSerializer, Immutable, Alias("otc.UpdateRequest")]
internal sealed record UpdateRequest(
    [property: Id(0)] TagId[] Tags,
    [property: Id(1)] TimeSpan? StaleFor,
    [property: Id(2)] string[]? Traces = null,
    [property: Id(3)] TagMatch Match = TagMatch.Any,
    [property: Id(4)] bool Remember = false)
{
    /// <summary>Why such an update is refused: a reader names tags each by itself.</summary>
    public const string AllIsNotRemembered = "An update of all of several tags is not remembered: update them without 'match', or one by one.";

    /// <summary>Whether a silo of an older version would take it for something less. It is asked by a method that such a silo does not have.</summary>
    public bool IsUnknownToOlder => Match == TagMatch.All || Remember;

    /// <summary>An update of all of several tags; of any, if nothing is lost by it: every entry bears the <c>*</c> of its namespace, and what bears one tag of a namespace bears its <c>*</c> too.</summary>
    public static UpdateRequest OfAll(TagId[] tags, string[]? traces = null)
    {
        TagId[] distinct = [.. tags.Distinct()];
        TagId[] told = [.. distinct.Where(tag => tag.Name != TagName.Everything.Value || !Array.Exists(distinct, other => other.Namespace == tag.Namespace && other.Name != tag.Name))];
        return new(told, StaleFor: null, traces, told.Length == 1 ? TagMatch.Any : TagMatch.All);
    }
}

/// <summary>How an update ended.</summary>
/// <param name="IsComplete">Whether every process has let go of the old values. If not, it is unknown, and retrying is safe.</param>
/// <param name="Members">How many silos it reached.</param>
/// <param name="Reason">Why it is incomplete.</param>
/// <param name="Waiting">Who has not acknowledged it, up to <see cref="Unacknowledged.Most"/> of them; null if it is not incomplete for that, or from a silo that does not tell.</param>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("otc.UpdateOutcome")]
internal sealed record UpdateOutcome(
    [property: Id(0)] bool IsComplete,
    [property: Id(1)] int Members,
    [property: Id(2)] string? Reason = null,
    [property: Id(3)] Unacknowledged[]? Waiting = null)
{
    public static UpdateOutcome Complete(int members) => new(true, members);

    public static UpdateOutcome Incomplete(string reason, Unacknowledged[]? waiting = null) => new(false, 0, reason, waiting);
}

/// <summary>A process that has not acknowledged an update or a hold.</summary>
/// <param name="Name">A silo's address, or a client's machine and process id.</param>
/// <param name="Silo">Of a client, the silo whose entries it keeps; null of a silo.</param>
/// <param name="For">For how long it has been waited for.</param>
/// <param name="LeaseLeft">Of a client, what is left of its lease: when that is over, it is not waited for any more. Null of a silo.</param>
/// <param name="IsDead">Whether it is a silo that was declared dead: its lease is waited out.</param>
[GenerateSerializer, Immutable, Alias("otc.Unacknowledged")]
internal sealed record Unacknowledged(
    [property: Id(0)] string Name,
    [property: Id(1)] string? Silo,
    [property: Id(2)] TimeSpan For,
    [property: Id(3)] TimeSpan? LeaseLeft = null,
    [property: Id(4)] bool IsDead = false)
{
    /// <summary>How many of them are told of.</summary>
    public const int Most = 8;
}

/// <summary>How a plain set ended: what became of the value, and of the earlier ones.</summary>
[GenerateSerializer, Immutable, Alias("otc.SetOutcome")]
internal sealed record SetOutcome([property: Id(0)] CommitOutcome Commit, [property: Id(1)] UpdateOutcome Update)
{
    /// <summary>What is said of the earlier values where the set leaves them alone; null where it expires the key.</summary>
    /// <param name="status">What became of the value.</param>
    /// <param name="isSince">Whether it was made after a sealed moment.</param>
    public static UpdateOutcome? WithoutUpdate(CommitStatus status, bool isSince) => status switch
    {
        CommitStatus.UnknownToken => UpdateOutcome.Incomplete("The token of the set is late or unknown."),
        CommitStatus.Refused => UpdateOutcome.Incomplete("The value was refused; nothing has happened."),
        CommitStatus.Superseded when isSince => UpdateOutcome.Complete(members: 0),
        CommitStatus.NotServing when isSince => UpdateOutcome.Incomplete("The silo that hosts the entry has no valid serving lease."),
        _ => null,
    };
}

/// <summary>What one silo knows of a tag.</summary>
/// <param name="Silo">Its address.</param>
/// <param name="Dependents">How many live entries it hosts that bear the tag.</param>
/// <param name="SinceUpdate">How long ago it learnt of the last update; null if it remembers none.</param>
/// <param name="SinceRevalidation">How long ago it learnt of the last revalidation; null if it remembers none.</param>
[GenerateSerializer, Immutable, Alias("otc.TagOnSilo")]
internal sealed record TagOnSilo(
    [property: Id(0)] string Silo,
    [property: Id(1)] long Dependents,
    [property: Id(2)] TimeSpan? SinceUpdate,
    [property: Id(3)] TimeSpan? SinceRevalidation);

/// <summary>A tag, and how many live entries of a silo bear it.</summary>
[GenerateSerializer, Immutable, Alias("otc.TagCount")]
internal sealed record TagCount([property: Id(0)] string Tag, [property: Id(1)] long Dependents);

/// <summary>What the cluster knows of a tag: the silos that answered, how many did not, and the refresh that is pending.</summary>
[GenerateSerializer, Immutable, Alias("otc.TagDescription")]
internal sealed record TagDescription(
    [property: Id(0)] TagOnSilo[] Silos, [property: Id(1)] int Unreachable, [property: Id(2)] RefreshProgress? Refresh = null);

/// <summary>A page of a tag's dependents, in ordinal order.</summary>
/// <param name="Keys">The keys, without the namespace.</param>
/// <param name="More">Whether there are more after the last one.</param>
/// <param name="Missing">The silos that did not answer, whose keys are not among them; null from a silo that does not tell.</param>
[GenerateSerializer, Immutable, Alias("otc.DependentsPage")]
internal sealed record DependentsPage([property: Id(0)] string[] Keys, [property: Id(1)] bool More, [property: Id(2)] string[]? Missing = null);
