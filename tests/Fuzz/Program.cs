using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using OrleansTagCache.Fuzz.Engine;
using OrleansTagCache.Fuzz.Targets;

namespace OrleansTagCache.Fuzz;

/// <summary>Runs the targets from a command line; README.md says how.</summary>
internal static class Program
{
    private const int Threads = 2;

    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    public static int Main(string[] arguments)
    {
        string? ValueOf(string name) =>
            Array.IndexOf(arguments, name) is >= 0 and var at && at + 1 < arguments.Length ? arguments[at + 1] : null;

        var seed = ValueOf("--seed") is { } text
            ? ulong.Parse(text, Culture)
            : BinaryPrimitives.ReadUInt32LittleEndian(RandomNumberGenerator.GetBytes(sizeof(uint)));
        Console.WriteLine($"seed {seed}");
        if (arguments.Contains("--self-test"))
        {
            return SelfTest.Run(seed, Threads) ? 0 : 1;
        }

        IFuzzTarget[] all =
        [
            new NamesTarget(), new TagSetsTarget(), new TokensTarget(), new QueryTarget(), new LifeTarget(), new JsonTarget(), new HeadsTarget(), new MomentsTarget(), new HeadersTarget(), new KeysTarget(), new FramesTarget(), new HooksTarget(), new LocalTarget(), new OutboundTarget(), new WireTarget(),
        ];
        var names = ValueOf("--target")?.Split(',');
        var targets = Array.FindAll(all, target => names?.Contains(target.Name) ?? true);
        if (targets.Length == 0 || (names is not null && targets.Length != names.Length))
        {
            Console.WriteLine($"Targets are: {string.Join(", ", all.Select(target => target.Name))}.");
            return 2;
        }

        return ValueOf("--input") is { } hex
            ? Repeat(targets[0], Convert.FromHexString(hex))
            : RunAll(seed, targets, TimeSpan.Parse(ValueOf("--duration") ?? "00:01:00", Culture));
    }

    private static int RunAll(ulong seed, IFuzzTarget[] targets, TimeSpan duration)
    {
        var isGreen = true;
        foreach (var target in targets)
        {
            var runner = new Runner(seed, target, Threads, TimeProvider.System);
            var finding = runner.Run(duration / targets.Length);
            Console.WriteLine(string.Create(Culture, $"{target.Name,-10} {runner.Executions,10:N0} executions, {target.Samples.Count,3} samples{(finding is null ? string.Empty : ", FOUND WRONG")}"));
            if (finding is not null)
            {
                isGreen = false;
                Print(seed, target, finding);
            }
        }

        return isGreen ? 0 : 1;
    }

    private static void Print(ulong seed, IFuzzTarget target, Finding finding)
    {
        var smallest = finding.Fault is TimeoutException ? finding : Trial.Shrink(target, finding);
        Console.WriteLine($"  {smallest.Fault}");
        Console.WriteLine($"  execution {finding.Index} of seed {seed}, and the smallest input that was found with that fault:");
        foreach (var input in new[] { finding.Input, smallest.Input })
        {
            Console.WriteLine($"  as text: {Wtf8.Literal(Wtf8.Decode(input))}");
            Console.WriteLine($"  again:   dotnet run --project tests/Fuzz -c Release -- --seed {seed} --target {target.Name} --input {Convert.ToHexString(input)}");
        }
    }

    private static int Repeat(IFuzzTarget target, byte[] input)
    {
        var fault = Trial.Fault(target, input);
        Console.WriteLine(fault?.ToString() ?? $"{target.Name} stands it.");
        return fault is null ? 0 : 1;
    }
}
