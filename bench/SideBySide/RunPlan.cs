using OrleansTagCache.Bench.SideBySide.Workloads;

namespace OrleansTagCache.Bench.SideBySide;

/// <summary>What to run, and where the report goes.</summary>
internal sealed record RunPlan(IReadOnlyList<IWorkload> Workloads, Extent Extent, string What, string Report)
{
    private const string Everything = "all";
    private const string Quickly = "short";
    private const string ReportOption = "--report";

    /// <summary>Null if it names nothing to run, or something unknown.</summary>
    public static RunPlan? Parse(string[] arguments, IReadOnlyList<IWorkload> known)
    {
        var names = new HashSet<string>();
        var report = "side-by-side.md";
        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == ReportOption && i + 1 < arguments.Length)
            {
                report = arguments[++i];
            }
            else if (arguments[i] is Everything or Quickly || known.Any(workload => workload.Name == arguments[i]))
            {
                names.Add(arguments[i]);
            }
            else
            {
                return null;
            }
        }

        var isQuick = names.Contains(Quickly);
        var isEverything = names.Contains(Everything);
        var extent = isQuick ? Extent.Short : isEverything ? Extent.All : Extent.Full;
        List<IWorkload> chosen = [.. known.Where(workload => isEverything || names.Contains(workload.Name))];
        var workloads = chosen.Count == 0 && isQuick ? known : chosen;
        return workloads.Count == 0 ? null : new(workloads, extent, string.Join(' ', names), report);
    }
}
