using CsCheck;
using OrleansTagCache.Faults.History;
using Xunit;

namespace OrleansTagCache.Tests.Processes;

/// <summary>The checker of the order of commits, on histories that are known to be good and known to be bad.</summary>
public sealed class CommitCheckerTests
{
    [Fact]
    public void Read_OfWhatWasCommitted_IsGood() => Good([Read(0, version: 2, 21, 22), .. Committed(2, 10, 20)]);

    [Fact]
    public void Read_OfAnOlderVersion_AfterTheCommitReturned_IsOld() => Old([Read(0, version: 0, 21, 22), .. Committed(2, 10, 20)], late: 1);

    /// <summary>It may have been served before the commit happened.</summary>
    [Fact]
    public void Read_OfAnOlderVersion_ThatBeganBeforeTheCommitReturned_IsGood() => Good([Read(0, version: 0, 20, 90), .. Committed(2, 10, 20)]);

    [Fact]
    public void Read_OfAnOlderVersion_AfterTheSourceShowedTheNewer_IsOld() =>
        Old([Read(0, version: 0, 16, 90), .. Committed(2, 10, 20), Seen(0, version: 2, 15)], late: 1);

    [Fact]
    public void Read_OfAnOlderVersion_AfterAnotherReadGotTheNewer_IsOld() =>
        Old([Read(0, version: 0, 19, 90), Read(0, version: 2, 11, 15), .. Committed(2, 10, 20)], late: 4);

    /// <summary>Nobody heard of its end, but it is known to have happened.</summary>
    [Fact]
    public void Read_OfAnOlderVersion_AfterACommitOfUnknownEndWasSeen_IsOld() =>
        Old([Read(0, version: 0, 16, 17), Write(2, Row0), Sent(2, Row0, 10), Seen(0, version: 2, 15)], late: 1);

    [Fact]
    public void Read_OfAnOlderVersion_AfterACommitOfUnknownEnd_IsGood() => Good([Read(0, version: 0, 16, 17), Write(2, Row0), Sent(2, Row0, 10)]);

    /// <summary>The lateness counts from the first commit that the read missed, not from the last.</summary>
    [Fact]
    public void Read_ThatMissedTwoCommits_IsLateSinceTheFirst() => Old([Read(0, version: 0, 41, 42), .. Committed(2, 10, 20), .. Committed(3, 25, 30)], late: 21);

    [Fact]
    public void Read_ThatMissedTheSecondCommit_IsLateSinceThat() => Old([Read(0, version: 2, 41, 42), .. Committed(2, 10, 20), .. Committed(3, 25, 30)], late: 11);

    /// <summary>Whoever has seen the second knows of the first.</summary>
    [Fact]
    public void Commit_ThatReturnedAfterANewerOne_WasThereBefore() => Old([Read(0, version: 0, 31, 32), .. Committed(2, 10, 90), .. Committed(3, 25, 30)], late: 1);

    [Fact]
    public void Commit_OfAnotherRow_DoesNotCount() => Good([Read(1, version: 0, 21, 22), .. Committed(2, 10, 20)]);

    [Fact]
    public void Commit_OfSeveralRows_CountsForEach() => Old([Read(1, version: 0, 21, 22), .. Committed(2, 10, 20, Row0 | Row1)], late: 1);

    [Fact]
    public void Rollback_DoesNotCount() => Good([Read(0, version: 0, 21, 22), Write(2, Row0), Rollback(2, 20)]);

    [Fact]
    public void Read_OfWhatWasRolledBack_IsUncommitted() => Uncommitted([Read(0, version: 2, 11, 12), Write(2, Row0), Rollback(2, 20)]);

    /// <summary>It was stored by somebody who read within the transaction, and stays for long.</summary>
    [Fact]
    public void Read_OfWhatWasRolledBackLongAgo_IsUncommitted() => Uncommitted([Read(0, version: 2, 100, 110), Write(2, Row0), Rollback(2, 20)]);

    [Fact]
    public void Read_ThatEndedBeforeTheCommitWasSent_IsUncommitted() => Uncommitted([Read(0, version: 2, 5, 9), .. Committed(2, 10, 20)]);

    [Fact]
    public void Read_ThatEndedAfterTheCommitWasSent_IsGood() => Good([Read(0, version: 2, 5, 11), .. Committed(2, 10, 20)]);

    /// <summary>The database refused it.</summary>
    [Fact]
    public void Read_OfACommitThatWasSentAndRolledBack_IsUncommitted() => Uncommitted([Read(0, version: 2, 50, 60), Write(2, Row0), Sent(2, Row0, 10), Rollback(2, 20)]);

    /// <summary>Its process died before it said more.</summary>
    [Fact]
    public void Read_OfATransactionThatNeverSentItsCommit_IsUncommitted() => Uncommitted([Read(0, version: 2, 50, 60), Write(2, Row0)]);

    [Fact]
    public void Read_OfAVersionThatNobodyTook_IsUncommitted() => Uncommitted([Read(0, version: 2, 50, 60)]);

    [Fact]
    public void Read_OfAnotherRowsVersion_IsUncommitted() => Uncommitted([Read(1, version: 2, 21, 22), .. Committed(2, 10, 20)]);

    /// <summary>Else one such read would make all later ones old.</summary>
    [Fact]
    public void Read_OfWhatWasRolledBack_IsNoEvidence() => Uncommitted([Read(0, version: 2, 11, 12), Read(0, version: 0, 21, 22), Write(2, Row0), Rollback(2, 20)]);

    [Fact]
    public void History_OfAnySort_IsJudgedAsByLookingAtEverything()
    {
        var transaction = Gen.Select(Gen.ULong[1, 3], Gen.Long[0, 50], Gen.Long[0, 20], Gen.Int[0, 4], (rows, start, length, end) => (rows, start, length, end));
        var read = Gen.Select(Gen.Int[0, 1], Gen.Long[0, 9], Gen.Long[0, 100], Gen.Long[0, 20], (row, version, start, length) => Read(row, version, start, start + length));
        var seen = Gen.Select(Gen.Int[0, 1], Gen.Long[0, 8], Gen.Long[0, 100], (row, version, end) => Seen(row, version, end));
        Gen.Select(transaction.Array[0, 8], read.Array[0, 8], seen.Array[0, 3]).Sample((transactions, reads, seens) =>
        {
            Operation[] history =
            [
                .. reads, .. seens,
                .. transactions.SelectMany((each, i) => Steps(i + 1, each.rows, each.start, each.start + each.length, each.end)),
            ];
            bool IsCommitted(Operation read) => read.Version == 0
                || (history.Any(each => each.Kind == OperationKind.Write && each.Version == read.Version && (each.Tags & (1ul << read.Key)) != 0)
                    && !history.Any(each => each.Kind == OperationKind.Rollback && each.Version == read.Version)
                    && history.Any(each => each.Kind == OperationKind.Commit && each.Version == read.Version && each.Start < read.End));
            bool Shows(Operation each, int row) => each.Outcome == OperationOutcome.Done && each.Kind switch
            {
                OperationKind.Commit => (each.Tags & (1ul << row)) != 0,
                OperationKind.Seen => each.Key == row,
                OperationKind.Read => each.Key == row && IsCommitted(each),
                _ => false,
            };
            var checker = new CommitChecker(history);
            Assert.Equal(reads.Where(read => !IsCommitted(read)), checker.UncommittedReads(history));
            var old = reads
                .Select(read => (read, newer: history.Where(each => Shows(each, read.Key) && each.Version > read.Version && each.End < read.Start).ToList()))
                .Where(each => each.newer.Count > 0)
                .Select(each => (each.read, late: each.read.Start - each.newer.Min(newer => newer.End)));
            Assert.Equal(old, checker.OldReads(history).Select(each => (each.Read, each.Late)));
        });
    }

    private const ulong Row0 = 1;
    private const ulong Row1 = 2;

    private static Operation Read(int row, long version, long start, long end) => Operation.Read(process: 2, row, version, floor: 0, start, end, madeAt: 0);

    private static Operation Seen(int row, long version, long end) =>
        Operation.Change(OperationKind.Seen, OperationOutcome.Done, process: 3, row, tags: 0, version, end - 1, end);

    private static Operation Write(long version, ulong rows, long start = 1) =>
        Operation.Change(OperationKind.Write, OperationOutcome.Done, process: 1, key: -1, rows, version, start, start);

    private static Operation Sent(long version, ulong rows, long start) =>
        Operation.Change(OperationKind.Commit, OperationOutcome.Unknown, process: 1, key: -1, rows, version, start, start);

    private static Operation Rollback(long version, long end) =>
        Operation.Change(OperationKind.Rollback, OperationOutcome.Done, process: 1, key: -1, Row0, version, end, end);

    private static Operation[] Committed(long version, long start, long end, ulong rows = Row0) =>
        [Write(version, rows), Sent(version, rows, start), Sent(version, rows, start) with { Outcome = OperationOutcome.Done, End = end }];

    /// <summary>A transaction that got so far: it took a version, sent its commit, heard of its end, or was rolled back.</summary>
    private static Operation[] Steps(long version, ulong rows, long start, long end, int how) => how switch
    {
        0 => [Write(version, rows)],
        1 => [Write(version, rows), Sent(version, rows, start)],
        2 => Committed(version, start, end, rows),
        3 => [Write(version, rows), Sent(version, rows, start), Rollback(version, end) with { Tags = rows }],
        _ => [Write(version, rows), Rollback(version, end) with { Tags = rows }],
    };

    private static void Good(Operation[] history)
    {
        var checker = new CommitChecker(history);
        Assert.Empty(checker.OldReads(history));
        Assert.Empty(checker.UncommittedReads(history));
    }

    /// <summary>Of this history the first read, and no other, is old.</summary>
    private static void Old(Operation[] history, long late)
    {
        var checker = new CommitChecker(history);
        var old = Assert.Single(checker.OldReads(history));
        Assert.Equal((history[0], late), (old.Read, old.Late));
        Assert.Empty(checker.UncommittedReads(history));
    }

    /// <summary>Of this history the first read, and no other, is of what was never committed.</summary>
    private static void Uncommitted(Operation[] history)
    {
        var checker = new CommitChecker(history);
        Assert.Equal(history[0], Assert.Single(checker.UncommittedReads(history)));
        Assert.Empty(checker.OldReads(history));
    }
}
