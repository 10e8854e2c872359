namespace OrleansTagCache.Contracts;

/// <summary>
/// The refresh of what a tag's revalidation made stale: one job a tag, kept in storage with one reminder until it is done. Its identity is
/// the namespaced tag.
/// </summary>
[Alias("otc.IRefreshJobGrain")]
internal interface IRefreshJobGrain : IGrainWithStringKey
{
    /// <summary>The tag was revalidated: when this returns, the job is stored and its reminder registered, or there is nothing to do.</summary>
    [Alias("Begin"), ResponseTimeout("00:00:15")]
    ValueTask Begin();

    /// <summary>A silo asks for work, and says what became of the batch before. Asking again gives the same batch.</summary>
    /// <returns>Null if there is none for it now.</returns>
    [Alias("Take"), ResponseTimeout("00:00:05")]
    ValueTask<RefreshBatch?> Take(string silo, RefreshReport? report);

    /// <summary>The job is to fill entries that a warm-up names, unless there is one already: when this returns, it is stored and its reminder registered.</summary>
    [Alias("Fill"), ResponseTimeout("00:00:15")]
    ValueTask Fill(FillWork work);

    /// <summary>How far it is; null if there is no job.</summary>
    [Alias("Describe"), ResponseTimeout("00:00:05")]
    ValueTask<RefreshProgress?> Describe();
}

/// <summary>Some keys to refresh.</summary>
/// <param name="Pass">The pass that it belongs to.</param>
/// <param name="Number">Its number in the pass.</param>
/// <param name="Keys">The namespaced keys, those first that were read last.</param>
/// <param name="Deaths">How many deaths of silos there were in the pass. After the first what is not there is loaded: it may have been lost. Otherwise it was removed or updated, and stays away.</param>
/// <param name="Fill">Of a warm-up, how it is filled: what is not there is loaded. Null of a refresh.</param>
[GenerateSerializer, Immutable, Alias("otc.RefreshBatch")]
internal sealed record RefreshBatch(
    [property: Id(0)] Guid Pass,
    [property: Id(1)] int Number,
    [property: Id(2)] string[] Keys,
    [property: Id(3)] int Deaths,
    [property: Id(4)] FillShare? Fill = null);

/// <summary>What became of a batch.</summary>
/// <param name="Pass">The pass that it belongs to.</param>
/// <param name="Number">Its number in the pass.</param>
/// <param name="Deaths">As in the batch.</param>
/// <param name="Refreshed">How many were loaded and stored.</param>
/// <param name="Skipped">How many were fresh, gone, or overtaken by an update.</param>
/// <param name="Failed">Those whose loader failed, by their places in the batch.</param>
/// <param name="Left">Those that could not be loaded now: no process offers the loader, or another refresh was in progress.</param>
/// <param name="NoRoom">How many a warm-up left out, since their silos were full enough.</param>
[GenerateSerializer, Immutable, Alias("otc.RefreshReport")]
internal sealed record RefreshReport(
    [property: Id(0)] Guid Pass,
    [property: Id(1)] int Number,
    [property: Id(2)] int Deaths,
    [property: Id(3)] int Refreshed,
    [property: Id(4)] int Skipped,
    [property: Id(5)] int[] Failed,
    [property: Id(6)] int[] Left,
    [property: Id(7)] int NoRoom = 0);

/// <summary>How far the refresh of a tag is, or the job of a warm-up.</summary>
/// <param name="Total">The keys of this pass; of a warm-up, all of its keys.</param>
/// <param name="Refreshed">How many were loaded and stored.</param>
/// <param name="Skipped">How many were fresh, gone, or overtaken by an update.</param>
/// <param name="Failed">How many loads failed; they are tried again in the next passes, three at most.</param>
/// <param name="Left">How many are still to be done.</param>
/// <param name="Pass">The number of this pass, from 1.</param>
/// <param name="Elapsed">How long ago the job began, as far as it has been watched.</param>
/// <param name="NoRoom">How many a warm-up left out, since their silos were full enough.</param>
/// <param name="Begun">Of a warm-up, when it began, by the clock of the silo that led it then.</param>
/// <param name="Silo">Of a warm-up, the silo that leads the job.</param>
[GenerateSerializer, Immutable, Alias("otc.RefreshProgress")]
internal sealed record RefreshProgress(
    [property: Id(0)] int Total,
    [property: Id(1)] int Refreshed,
    [property: Id(2)] int Skipped,
    [property: Id(3)] int Failed,
    [property: Id(4)] int Left,
    [property: Id(5)] int Pass,
    [property: Id(6)] TimeSpan Elapsed,
    [property: Id(7)] int NoRoom = 0,
    [property: Id(8)] DateTimeOffset? Begun = null,
    [property: Id(9)] string? Silo = null);
