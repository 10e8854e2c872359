using OrleansTagCache.Faults.Nemeses;

namespace OrleansTagCache.Faults.Conductor;

/// <summary>Which nemeses a run meets, and for how many rounds.</summary>
internal static class Plans
{
    public static IEnumerable<(INemesis Nemesis, int Rounds)> Of(RunOptions options)
    {
        IEnumerable<(INemesis Nemesis, int Rounds)> plan = options.Plan switch
        {
            "baseline" => [(new Nothing(TimeSpan.FromSeconds(20)), 1)],
            _ => throw new ArgumentException($"There is no plan '{options.Plan}'."),
        };
        return plan
            .Where(entry => entry.Nemesis.Name.Contains(options.Only, StringComparison.Ordinal))
            .Select(entry => (entry.Nemesis, Math.Max(1, (int)(entry.Rounds * options.Scale))));
    }
}
