using Orleans.Concurrency;

namespace OrleansTagCache.Contracts;

/// <summary>One warm-up of a cluster. Its identity is the namespaced name. It stores nothing: what was filled is remembered by the silos, as long as they live.</summary>
[Alias("otc.IWarmUpGrain")]
internal interface IWarmUpGrain : IGrainWithStringKey
{
    /// <summary>A process offers the warm-up for a while; it says so again before that is over.</summary>
    [Alias("Offer"), ResponseTimeout("00:00:02")]
    ValueTask Offer(IWarmUpSource source, WarmUpTerms terms, TimeSpan lease);

    /// <summary>A process offers it no longer.</summary>
    [Alias("Withdraw"), ResponseTimeout("00:00:02")]
    ValueTask Withdraw(IWarmUpSource source);

    /// <summary>The job has nothing left to do. Repeating it is harmless.</summary>
    [Alias("Ended"), ResponseTimeout("00:00:10")]
    ValueTask Ended(WarmUpMark mark);
}

/// <summary>The face that a process shows which offers warm-ups.</summary>
[Alias("otc.IWarmUpSource")]
internal interface IWarmUpSource : IGrainObserver
{
    /// <summary>The keys to fill.</summary>
    [Alias("List"), AlwaysInterleave, ResponseTimeout("00:11:00")]
    Task<WarmUpKeys> List(string ns, string name);
}

/// <summary>How a warm-up is done.</summary>
/// <param name="Loader">The loader that makes its entries.</param>
/// <param name="MaximumLoads">How many loads run at a time, in the whole cluster.</param>
/// <param name="FillPercent">How full, in percent of its bounds, a silo may be for more to be filled there.</param>
[GenerateSerializer, Immutable, Alias("otc.WarmUpTerms")]
internal sealed record WarmUpTerms([property: Id(0)] string Loader, [property: Id(1)] int MaximumLoads, [property: Id(2)] int FillPercent);

/// <summary>The keys of a warm-up.</summary>
/// <param name="Keys">The keys, without their namespace.</param>
/// <param name="AreAll">Whether there are no more.</param>
/// <param name="HasFailed">Whether they could not be listed.</param>
[GenerateSerializer, Immutable, Alias("otc.WarmUpKeys")]
internal sealed record WarmUpKeys([property: Id(0)] string[] Keys, [property: Id(1)] bool AreAll, [property: Id(2)] bool HasFailed);

/// <summary>What silos remember of a warm-up.</summary>
/// <param name="Run">The run.</param>
/// <param name="IsDone">Whether it is over.</param>
/// <param name="Filled">How many entries were loaded and stored.</param>
/// <param name="Skipped">How many were there already.</param>
/// <param name="Failed">How many were given up.</param>
/// <param name="NoRoom">How many were left out, since their silos were full enough.</param>
/// <param name="Begun">When it began, by the clock of the silo that led it.</param>
/// <param name="Ended">When it was over.</param>
/// <param name="Loader">The loader.</param>
/// <param name="Silo">The silo that led the job at its end; null if there was nothing to fill.</param>
[GenerateSerializer, Immutable, Alias("otc.WarmUpMark")]
internal sealed record WarmUpMark(
    [property: Id(0)] Guid Run,
    [property: Id(1)] bool IsDone,
    [property: Id(2)] int Filled = 0,
    [property: Id(3)] int Skipped = 0,
    [property: Id(4)] int Failed = 0,
    [property: Id(5)] int NoRoom = 0,
    [property: Id(6)] DateTimeOffset? Begun = null,
    [property: Id(7)] DateTimeOffset? Ended = null,
    [property: Id(8)] string? Loader = null,
    [property: Id(9)] string? Silo = null);

/// <summary>What a silo knows of a warm-up.</summary>
/// <param name="Mark">Null if nothing.</param>
[GenerateSerializer, Immutable, Alias("otc.WarmUpKnowledge")]
internal sealed record WarmUpKnowledge([property: Id(0)] WarmUpMark? Mark);

/// <summary>Entries that a job is to fill.</summary>
/// <param name="Run">The run of the warm-up.</param>
/// <param name="Keys">The namespaced keys.</param>
/// <param name="Terms">How it is done.</param>
[GenerateSerializer, Immutable, Alias("otc.FillWork")]
internal sealed record FillWork([property: Id(0)] Guid Run, [property: Id(1)] string[] Keys, [property: Id(2)] WarmUpTerms Terms);

/// <summary>How a batch is filled.</summary>
/// <param name="MaximumLoads">How many loads the silo may have running for it.</param>
/// <param name="FillPercent">As in <see cref="WarmUpTerms"/>.</param>
[GenerateSerializer, Immutable, Alias("otc.FillShare")]
internal sealed record FillShare([property: Id(0)] int MaximumLoads, [property: Id(1)] int FillPercent);
