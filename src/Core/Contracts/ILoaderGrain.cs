using Orleans.Concurrency;

namespace OrleansTagCache.Contracts;

/// <summary>The processes that offer a loader. Its identity is the namespaced name. It holds nothing that is not announced again soon.</summary>
[Alias("otc.ILoaderGrain")]
internal interface ILoaderGrain : IGrainWithStringKey
{
    /// <summary>A process offers the loader for a while; it says so again before that is over.</summary>
    [Alias("Announce"), ResponseTimeout("00:00:02")]
    ValueTask Announce(ILoaderRunner runner, TimeSpan lease);

    /// <summary>A process offers the loader no longer.</summary>
    [Alias("Withdraw"), ResponseTimeout("00:00:02")]
    ValueTask Withdraw(ILoaderRunner runner);

    /// <summary>The processes that offer the loader now.</summary>
    [Alias("Runners"), ResponseTimeout("00:00:02")]
    ValueTask<LoaderRunners> Runners();

    /// <summary>Runs the loader in some process that offers it.</summary>
    [Alias("Load"), ResponseTimeout("00:11:00")]
    ValueTask<LoadOutcome> Load(LoadRequest request);
}

/// <summary>Who offers a loader.</summary>
/// <param name="Processes">The processes.</param>
/// <param name="AreAll">Whether everybody has had the time to say so since the grain came to life.</param>
[GenerateSerializer, Immutable, Alias("otc.LoaderRunners")]
internal sealed record LoaderRunners([property: Id(0)] ILoaderRunner[] Processes, [property: Id(1)] bool AreAll);

/// <summary>The face that a process shows which offers loaders.</summary>
[Alias("otc.ILoaderRunner")]
internal interface ILoaderRunner : IGrainObserver
{
    /// <summary>Runs a loader. The caller's own patience ends the call; the loader is cancelled when the request's limit is over.</summary>
    [Alias("Load"), AlwaysInterleave, ResponseTimeout("00:11:00")]
    Task<LoadOutcome> Load(LoadRequest request);
}

/// <summary>What is to be loaded.</summary>
/// <param name="Namespace">The namespace of the entry.</param>
/// <param name="Key">The key without it: the loader's name, a colon, the argument.</param>
/// <param name="Stale">The stale value that is refreshed, if there is one.</param>
/// <param name="Limit">How long the loader may run, its wait for a turn included; 10 min at most.</param>
/// <param name="Trace">The <c>traceparent</c> of what it is loaded for, if that is traced.</param>
[GenerateSerializer, Immutable, Alias("otc.LoadRequest")]
internal sealed record LoadRequest(
    [property: Id(0)] string Namespace,
    [property: Id(1)] string Key,
    [property: Id(2)] EntrySnapshot? Stale,
    [property: Id(3)] TimeSpan Limit,
    [property: Id(4)] string? Trace = null);

/// <summary>How a load ended.</summary>
internal enum LoadStatus : byte
{
    /// <summary>There is a value.</summary>
    Loaded = 0,

    /// <summary>The loader failed, or made something that cannot be stored.</summary>
    Failed = 1,

    /// <summary>No process offers the loader, or the one that was asked is gone.</summary>
    NoRunner = 2,
}

/// <summary>What a loader made.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Entry">The value with its tags and life.</param>
/// <param name="Fault">Why there is none: never a word of the application's data.</param>
/// <param name="IsForStoring">Whether the value is for storing; if not, it is for those who wait for it.</param>
[GenerateSerializer, Immutable, Alias("otc.LoadOutcome")]
internal sealed record LoadOutcome(
    [property: Id(0)] LoadStatus Status,
    [property: Id(1)] EntryData? Entry = null,
    [property: Id(2)] string? Fault = null,
    [property: Id(3)] bool IsForStoring = true)
{
    public static readonly LoadOutcome NoRunner = new(LoadStatus.NoRunner);

    public static LoadOutcome Failed(string fault) => new(LoadStatus.Failed, Fault: fault);
}
