using OrleansTagCache.Faults.History;

namespace OrleansTagCache.Faults.Conductor;

/// <summary>What the histories of a run on a database show.</summary>
/// <param name="Old">Reads that were older than what had been committed before they began, each by its beginning and how long after the commit that was.</param>
/// <param name="Uncommitted">Reads of what was never committed.</param>
/// <param name="AfterTold">Reads that were older than a commit of which the cache had been told before they began.</param>
internal readonly record struct CommitFindings(IReadOnlyList<(long Start, TimeSpan Late)> Old, long Uncommitted, long AfterTold);

/// <summary>The histories of a run on a database, judged once more by checkers that know nothing of the memory that the processes shared.</summary>
internal sealed class CommitReport(string folder, TextWriter output)
{
    /// <summary>How many violations are printed; all of them are in the folder.</summary>
    private const int Shown = 10;

    public CommitFindings Check()
    {
        var operations = Directory.GetFiles(folder, "*.operations").SelectMany(OperationLog.ReadAll).ToList();
        var checker = new CommitChecker(operations);
        var (old, uncommitted) = (checker.OldReads(operations).ToList(), checker.UncommittedReads(operations).ToList());
        var afterTold = new Checker(operations, row => 1ul << row).Violations(operations).ToList();
        int Count(OperationKind kind) => operations.Count(operation => operation.Kind == kind && operation.Outcome == OperationOutcome.Done);
        output.WriteLine(
            $"Histories: {Count(OperationKind.Read)} reads, {Count(OperationKind.Write)} transactions, {Count(OperationKind.Commit)} of them known to be committed and {Count(OperationKind.Rollback)} rolled back: "
            + $"{old.Count} reads older than the last commit, {uncommitted.Count} of what was not committed, {afterTold.Count} older than a commit of which the cache had been told.");
        List<(long Start, TimeSpan Late)> found = [.. old.Select(each => (each.Read.Start, TimeProvider.System.GetElapsedTime(0, each.Late)))];
        if (old.Count > 0)
        {
            output.WriteLine($"Old reads began after the commit by {DatabaseTable.Spread([.. found.Select(each => each.Late)])}.");
        }

        foreach (var line in old.Select(each => $"{each.Read}\n    is older than {each.Evidence}").Take(Shown)
            .Concat(uncommitted.Select(each => $"{each}\n    was not committed").Take(Shown))
            .Concat(afterTold.Select(each => $"{each.Read}\n    is older than {each.Update}").Take(Shown))
            .Concat(Directory.GetFiles(folder, "*.violations").SelectMany(File.ReadLines).Take(Shown)))
        {
            output.WriteLine($"  {line}");
        }

        return new(found, uncommitted.Count, afterTold.Count);
    }
}
