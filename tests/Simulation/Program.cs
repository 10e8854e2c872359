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

        if (arguments.Contains("--exhaustive"))
        {
            Mutants.Current = mutant;
            foreach (var configuration in Configurations.All.Where(each => ValueOf("--only") is not { } only || each.Name == only))
            {
                var found = new ExhaustiveSearch(configuration).Run(int.Parse(ValueOf("--states") ?? "2000000", culture));
                Console.WriteLine($"{configuration.Name,-22} {found.States,8} states {(found.Violation is null ? (found.IsComplete ? "kept" : "kept so far") : "BROKEN: " + found.Violation)}");
                if (arguments.Contains("--trace"))
                {
                    foreach (var line in found.Lines)
                    {
                        Console.WriteLine(line);
                    }
                }
            }

            return 0;
        }

        if (arguments.Contains("--table"))
        {
            foreach (var each in Mutants.All)
            {
                var small = Catches.Exhaust(each, int.Parse(ValueOf("--states") ?? "200000", culture));
                Console.WriteLine($"{each,-28} {Catches.ConfigurationOf(each),-20} {(small.Violation is null ? (small.IsComplete ? "NOT CAUGHT" : "not caught yet") : "caught")} {small.States} states");
                var (first, _) = seeds == 0 ? (null, null!) : RandomSearch.Run(0, seeds, steps, each);
                Console.WriteLine($"{each,-28} {(first is { } found ? $"seed {found}" : "NOT CAUGHT")}");
            }

            return 0;
        }

        var (broken, activity) = RandomSearch.Run(0, seeds, steps, mutant);
        Console.WriteLine($"{mutant}: {(broken is { } at ? $"broken by seed {at}" : "kept")}; {activity}");
        return broken is null ? 0 : 1;
    }
}
