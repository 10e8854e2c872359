using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Moving;

/// <summary>
/// For how long a way to another silo rests after each batch: several times as long as the batch took, so that readers find the processors free most of the time, on both sides; less where not
/// everything would have been sent in time.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class MovePace(TimeProvider time)
{
    /// <summary>How many times as long as the batch took.</summary>
    public const int LongestRest = 5;

    /// <summary>However little time there is: readers come first.</summary>
    public const int ShortestRest = 1;

    /// <summary>However long the batch took: it may have been sent again and again.</summary>
    public static readonly TimeSpan MostRest = TimeSpan.FromSeconds(1);

    private long _doneBy = Moment.Never.Ticks;

    /// <summary>From now on everything is to be sent by then, if it can be.</summary>
    public void FinishBy(Moment end) => Interlocked.Exchange(ref _doneBy, end.Ticks);

    /// <summary>The rest after a batch.</summary>
    /// <param name="took">How long the batch was on its way.</param>
    /// <param name="left">How many more there are.</param>
    public TimeSpan After(TimeSpan took, int left)
    {
        var remaining = new Moment(Interlocked.Read(ref _doneBy)) - time.Now();
        var share = (remaining / (left + 1)) - took;
        var rest = share < took * ShortestRest ? took * ShortestRest : share > took * LongestRest ? took * LongestRest : share;
        return rest < MostRest ? rest : MostRest;
    }
}
