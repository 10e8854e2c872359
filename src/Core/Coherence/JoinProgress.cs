namespace OrleansTagCache.Coherence;

/// <summary>What a joiner asks the other silos in a Hello.</summary>
internal enum JoinRound : byte
{
    /// <summary>To be reached by their updates from now on.</summary>
    First = 0,

    /// <summary>What they hold, once every dead row has been waited out.</summary>
    Second = 1,
}

/// <summary>What a joiner does next.</summary>
internal enum JoinStep : byte
{
    /// <summary>Somebody has still to answer, or a dead row to be waited out.</summary>
    Wait = 0,

    /// <summary>The second round has begun: read the table once more.</summary>
    ReadTable = 1,

    /// <summary>Nothing is missing: expire everything, and serve.</summary>
    Serve = 2,
}

/// <summary>
/// How far a silo is that joins: which silos must still answer its Hello, in two rounds (invariant M3).
///
/// <para><b>First round.</b> Every silo that is not dead answers or dies: from its answer on, its updates reach the joiner. Then every dead row is waited out: until then a dead silo may complete
/// updates, and return holds, that do not know of the joiner.</para>
///
/// <para><b>Second round.</b> What such a silo has had the others hold is known to them alone. So the table is read once more, and every silo that is not dead is asked again what it holds, until it
/// has answered or has been waited out too (invariant H3). An answer to the first Hello does not do: it may be older than the hold. A second round that begins before the wait is over does not either.</para>
/// </summary>
/// <typeparam name="TSilo">The identity of one incarnation of a silo.</typeparam>
/// <remarks>Not thread-safe, and free of clocks: who joins says what has been seen dead, and what was waited out.</remarks>
internal sealed class JoinProgress<TSilo>
    where TSilo : notnull, IEquatable<TSilo>
{
    private readonly HashSet<TSilo> _answered = [];
    private readonly HashSet<TSilo> _unanswered = [];
    private bool _hasRead;

    /// <summary>The round that it is in. Note it before the table is read and before a Hello is sent, and give it back with what comes of that.</summary>
    public JoinRound Round { get; private set; }

    /// <summary>The table was read, for the first time in this round or again: it may be read as often as one likes.</summary>
    /// <param name="round">The round in which the reading began. One of an earlier round says nothing.</param>
    /// <param name="alive">The other silos whose rows are not dead in it.</param>
    /// <returns>Whom to say Hello to now, as often as it takes.</returns>
    public TSilo[] Read(JoinRound round, IEnumerable<TSilo> alive)
    {
        if (round == Round)
        {
            _hasRead = true;
            _unanswered.UnionWith(alive.Where(silo => !_answered.Contains(silo)));
        }

        return [.. _unanswered];
    }

    /// <summary>That silo has acknowledged a Hello of that round. In the second round, take the holds that it told of first.</summary>
    public void Answered(JoinRound round, TSilo silo)
    {
        if (round == Round)
        {
            _answered.Add(silo);
            _unanswered.Remove(silo);
        }
    }

    /// <summary>What to do next; ask whenever something was answered, read, seen dead or waited out.</summary>
    /// <param name="isDead">Whether a silo was seen dead: no answer of it is waited for, but its time is.</param>
    /// <param name="isWaitedOut">Whether every silo that was seen dead has been so for the whole wait.</param>
    public JoinStep Next(Predicate<TSilo> isDead, bool isWaitedOut)
    {
        _unanswered.RemoveWhere(isDead);
        if (!_hasRead || _unanswered.Count > 0)
        {
            return JoinStep.Wait;
        }

        if (Round == JoinRound.First && ProtocolRules.JoinersAskTwice && (isWaitedOut || !ProtocolRules.JoinersAskAfterTheWait))
        {
            (Round, _hasRead) = (JoinRound.Second, false);
            _answered.Clear();
            return JoinStep.ReadTable;
        }

        return isWaitedOut ? JoinStep.Serve : JoinStep.Wait;
    }
}
