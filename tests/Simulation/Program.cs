using OrleansTagCache.Simulation.Seams;
using OrleansTagCache.Simulation.Search;

namespace OrleansTagCache.Simulation;

/// <summary>Runs the searches from a command line; docs/simulation.md says how.</summary>
internal static class Program
{
    public static int Main(string[] arguments)
    {
        string? ValueOf(string name) => Array.IndexOf(arguments, name) is >= 0 and var at && at + 1 < arguments.Length ? arguments[at + 1] : null;

        var culture = System.Globalization.CultureInfo.InvariantCulture;
        var seeds = int.Parse(ValueOf("--seeds") ?? "500", culture);
        var steps = int.Parse(ValueOf("--steps") ?? "5000", culture);
        var mutant = Enum.Parse<Mutant>(ValueOf("--mutant") ?? nameof(Mutant.None), ignoreCase: true);
        if (ValueOf("--seed") is { } seed)
        {
            Mutants.Current = mutant;
            var (outcome, _) = RandomSearch.Run(ulong.Parse(seed, culture), steps, isWatched: true);
            foreach (var line in outcome.Lines)
            {
                Console.WriteLine(line);
            }

            Console.WriteLine(outcome.Violation ?? "The promise was kept.");
            return outcome.Violation is null ? 0 : 1;
        }

        var (broken, activity) = RandomSearch.Run(0, seeds, steps, mutant);
        Console.WriteLine($"{mutant}: {(broken is { } at ? $"broken by seed {at}" : "kept")}; {activity}");
        return broken is null ? 0 : 1;
    }
}
