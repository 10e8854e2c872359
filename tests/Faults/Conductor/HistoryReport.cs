using OrleansTagCache.Faults.History;
using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Conductor;

/// <summary>The histories of a run, judged once more by the checker that knows nothing of the memory that the processes shared.</summary>
internal sealed class HistoryReport(string folder, TextWriter output)
{
    /// <summary>How many violations are printed; all of them are in the folder.</summary>
    private const int Shown = 10;

    /// <returns>How many reads broke the promise.</returns>
    public long Check()
    {
        var operations = Directory.GetFiles(folder, "*.operations").SelectMany(OperationLog.ReadAll).ToList();
        var violations = new Checker(operations, Layout.TagsOf).Violations(operations).ToList();
        var reads = operations.Count(operation => operation.Kind == OperationKind.Read);
        var alls = operations.Count(operation => operation.Kind == OperationKind.UpdateAll);
        output.WriteLine($"Histories: {reads} reads and {operations.Count - reads} changes checked, {alls} of these of all of several tags; {violations.Count} violations.");
        foreach (var (read, update) in violations.Take(Shown))
        {
            output.WriteLine($"  {read}\n    is older than {update}");
        }

        foreach (var line in Directory.GetFiles(folder, "*.violations").SelectMany(File.ReadLines).Take(Shown))
        {
            output.WriteLine($"  {line}");
        }

        return violations.Count;
    }
}
