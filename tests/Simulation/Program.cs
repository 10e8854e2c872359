using System.Globalization;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Seams;
using OrleansTagCache.Simulation.Search;

namespace OrleansTagCache.Simulation;

/// <summary>Runs the searches from a command line; docs/internals/simulation.md says how.</summary>
internal static class Program
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    public static int Main(string[] arguments)
    {
        string? ValueOf(string name) =>
            Array.IndexOf(arguments, name) is >= 0 and var at && at + 1 < arguments.Length ? arguments[at + 1] : null;

        var seeds = int.Parse(ValueOf("--seeds") ?? "500", Culture);
        var steps = int.Parse(ValueOf("--steps") ?? "5000", Culture);
        var mutant = Enum.Parse<Mutant>(ValueOf("--mutant") ?? nameof(Mutant.None), ignoreCase: true);
        if (ValueOf("--seed") is { } seed)
        {
            return Replay(ulong.Parse(seed, Culture), steps, mutant);
        }

        if (mutant != Mutant.None)
        {
            return Catch(mutant, seeds, steps, arguments.Contains("--exhaustive"));
        }

        var isGreen = arguments.Contains("--exhaustive") || (KeepsRandom(0, seeds, steps) & KeepsRandom(RandomSearch.FirstJoint, seeds, steps) & KeepsRandom(RandomSearch.FirstSoft, seeds, steps) & KeepsRandom(RandomSearch.FirstSince, seeds, steps));
        isGreen &= KeepsExhaustive(ValueOf("--only"));
        return isGreen && (arguments.Contains("--exhaustive") || CatchesAll(seeds, steps)) ? 0 : 1;
    }

    private static int Replay(ulong seed, int steps, Mutant mutant)
    {
        var (outcome, _) = RandomSearch.Run(seed, steps, mutant, isWatched: true);
        Print(outcome.Lines);
        Console.WriteLine(outcome.Violation ?? "The promise was kept.");
        return outcome.Violation is null ? 0 : 1;
    }

    /// <summary>Shows how one removed rule breaks the promise, in its small configuration or else in the first seed that does.</summary>
    private static int Catch(Mutant mutant, int seeds, int steps, bool isExhaustive)
    {
        if (isExhaustive)
        {
            var small = Catches.Exhaust(mutant);
            Print(small.Lines);
            Console.WriteLine(small.Violation is null ? $"{mutant} was not caught in {small.States} states." : $"{small.Violation} ({small.States} states)");
            return small.Violation is null ? 1 : 0;
        }

        if (RandomSearch.Run(Catches.FirstSeedOf(mutant), seeds, steps, mutant).Seed is { } seed)
        {
            Replay(seed, steps, mutant);
            Console.WriteLine($"{mutant}: seed {seed}");
            return 0;
        }

        Console.WriteLine($"{mutant} was not caught by {seeds} seeds.");
        return 1;
    }

    private static bool KeepsRandom(ulong first, int seeds, int steps)
    {
        var (broken, activity) = RandomSearch.Run(first, seeds, steps, Mutant.None);
        Console.WriteLine(broken is { } seed
            ? $"The promise was BROKEN by seed {seed}: run with --seed {seed} for its events."
            : $"The promise was kept by {seeds} seeds of {steps} steps: {activity.Reads} reads, {activity.Hits} of them near, {activity.Changes} changes that returned; {string.Join(", ", Enum.GetValues<Deed>().Select(deed => $"{deed} {activity.Deeds[(int)deed]}"))}.");
        return broken is null;
    }

    private static bool KeepsExhaustive(string? only)
    {
        var isGreen = true;
        foreach (var configuration in Configurations.All.Where(each => only is null || each.Name.Contains(only, StringComparison.Ordinal)))
        {
            var found = new ExhaustiveSearch(configuration).Run();
            isGreen &= found is { Violation: null, IsComplete: true, Missing.Count: 0 };
            Print(found.Lines);
            Console.WriteLine($"{configuration.Name,-24} {found.States,7} states  {found.Violation ?? (found.IsComplete ? "kept in all" : "kept so far")}{(found.Missing.Count > 0 ? $", but never: {string.Join(", ", found.Missing)}" : string.Empty)}");
        }

        return isGreen;
    }

    private static bool CatchesAll(int seeds, int steps)
    {
        Console.WriteLine("\n| mutant | small configuration | states until caught | seeds until caught |\n|---|---|---|---|");
        var isCaught = true;
        foreach (var mutant in Mutants.All)
        {
            var small = Catches.Exhaust(mutant);
            var first = Catches.FirstSeedOf(mutant);
            var seed = RandomSearch.Run(first, seeds, steps, mutant).Seed;
            isCaught &= small.Violation is not null || seed is not null;
            Console.WriteLine($"| {mutant} | {Catches.ConfigurationOf(mutant)} | {(small.Violation is null ? "-" : small.States)} | {(seed is { } at ? at - first + 1 : "-")} |");
        }

        return isCaught;
    }

    private static void Print(IReadOnlyList<string> lines)
    {
        foreach (var line in lines)
        {
            Console.WriteLine(line);
        }
    }
}
