using OrleansTagCache.Fuzz.Engine;

namespace OrleansTagCache.Fuzz.Targets;

/// <summary>Deliberately wrong targets. A fuzzer that does not find them finds nothing.</summary>
internal static class SelfTest
{
    /// <summary>Executions in which each must be found.</summary>
    private const long Most = 500_000;

    public static bool Run(ulong seed, int threads)
    {
        var isGreen = true;
        Wrong[] targets =
        [
            new("join by a colon", JoinByColon), new("forget C1", ForgetC1), new("compare a prefix", ComparePrefix),
            new("believe a length", BelieveLength), new("cut a pair", CutPair),
        ];
        foreach (var target in targets)
        {
            var finding = new Runner(seed, target, threads, TimeProvider.System).Run(TimeSpan.FromMinutes(1), Most);
            isGreen &= finding is not null;
            Console.WriteLine(finding is null
                ? $"{target.Name}: NOT FOUND in {Most} executions"
                : $"{target.Name}: found by execution {finding.Index}, {Wtf8.Literal(Wtf8.Decode(Trial.Shrink(target, finding).Input))}");
        }

        return isGreen;
    }

    /// <summary>An identity with a separator in place of a length.</summary>
    private static void JoinByColon(ref InputReader reader)
    {
        var (left, right) = ((reader.Text(), reader.Text()), (reader.Text(), reader.Text()));
        OracleException.Require(left == right || $"{left.Item1}:{left.Item2}" != $"{right.Item1}:{right.Item2}", "Two pairs have one identity.");
    }

    /// <summary>A check of control characters that knows only those of ASCII.</summary>
    private static void ForgetC1(ref InputReader reader)
    {
        var text = reader.Text();
        var isTaken = text.Length is > 0 and <= NameLimits.TagLength && text.All(unit => unit is >= ' ' and not '\u007F' && !char.IsSurrogate(unit));
        OracleException.Require(!isTaken || Reference.IsSound(text, NameLimits.TagLength), "A name is taken.");
    }

    /// <summary>A check of a token that compares as much of it as there is.</summary>
    private static void ComparePrefix(ref InputReader reader)
    {
        const string Token = "dG9rZW4";
        var text = reader.Text();
        var isTaken = text.Length > 0 && Token.StartsWith(text, StringComparison.Ordinal);
        OracleException.Require(!isTaken || text == Token, "A part of a token is taken.");
    }

    /// <summary>A reader that makes room for as much as a length says.</summary>
    private static void BelieveLength(ref InputReader reader) => GC.KeepAlive(new byte[reader.NextNumber(4) % (256 * 1024 * 1024)]);

    /// <summary>A limit that cuts a text between two surrogates.</summary>
    private static void CutPair(ref InputReader reader)
    {
        var text = Reference.Sound(reader.Text(), NameLimits.KeyLength);
        var cut = text[..Math.Min(text.Length, NameLimits.NamespaceLength)];
        OracleException.Require(Reference.IsSound(cut, NameLimits.NamespaceLength), "A name is cut.");
    }

    private delegate void WrongRun(ref InputReader reader);

    private sealed class Wrong(string name, WrongRun run) : IFuzzTarget
    {
        public string Name => name;

        public IReadOnlyList<byte[]> Samples { get; } =
            [InputReader.Of("a:b", "c", "a", "b:d"), InputReader.Of("dG9rZW4"), InputReader.Of(new string('n', 60), "é😀")];

        public void Run(ReadOnlySpan<byte> input)
        {
            var reader = new InputReader(input);
            run(ref reader);
        }
    }
}
