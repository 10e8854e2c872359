using System.Globalization;
using OrleansTagCache.Fuzz.Targets;

namespace OrleansTagCache.Fuzz;

/// <summary>
/// Gives every parser that strangers reach inputs that no one would think of. <c>--duration 00:10:00 --seed N --target NAME</c>; <c>--target NAME --input HEX</c> repeats one
/// input; <c>--self-test</c> shows that a parser with a fault is found.
/// </summary>
internal static class Program
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    public static int Main(string[] arguments)
    {
        string? ValueOf(string name) => Array.IndexOf(arguments, name) is >= 0 and var at && at + 1 < arguments.Length ? arguments[at + 1] : null;

        var seed = int.Parse(ValueOf("--seed") ?? (TimeProvider.System.GetTimestamp() & 0x7FFF_FFFF).ToString(Culture), Culture);
        var duration = TimeSpan.Parse(ValueOf("--duration") ?? "00:00:30", Culture);
        if (arguments.Contains("--self-test"))
        {
            return new FuzzRun(new JoinedNames(), seed).For(TimeSpan.FromSeconds(20)) is { Finding: not null } found ? Say($"The fault that was put in was found in run {found.Runs}.", 0) : Say("The fault that was put in was not found.", 1);
        }

        IFuzzTarget[] targets =
            [new NameTarget(), new IdentityTarget(), new TagSetTarget(), new TokenTarget(), new ApiKeyTarget(), new QueryTarget(), new JsonTarget(), new HookTarget(), new LocalRequestTarget(), new OutboundTarget(), new WireTarget()];
        targets = [.. targets.Where(target => ValueOf("--target") is not { } name || target.Name == name)];
        if (targets.Length == 0)
        {
            return Say("There is no target of that name.", 1);
        }

        if (ValueOf("--input") is { } input)
        {
            targets[0].Run(Convert.FromHexString(input));
            return Say("It holds.", 0);
        }

        Console.WriteLine($"Seed {seed}, {duration} for {targets.Length} targets.");
        var findings = 0;
        foreach (var target in targets)
        {
            var outcome = new FuzzRun(target, seed).For(duration / targets.Length);
            Console.WriteLine(string.Create(Culture, $"{target.Name,-14} {outcome.Runs,12:N0} runs from {target.Seeds.Count} sound inputs"));
            if (outcome.Finding is { } finding)
            {
                findings++;
                Console.WriteLine($"  {finding}\n  Repeat it: --target {target.Name} --input {Convert.ToHexString(outcome.Input!)}");
            }
        }

        return Say(findings == 0 ? "All of it holds." : $"{findings} targets do not hold.", findings == 0 ? 0 : 1);
    }

    private static int Say(string text, int code)
    {
        Console.WriteLine(text);
        return code;
    }
}
