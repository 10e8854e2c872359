namespace OrleansTagCache.Fuzz.Engine;

/// <summary>Makes the input of one execution, from nothing but the seed, the target's samples and the execution's number.</summary>
internal static class Mutator
{
    /// <summary>Enough for every limit of a name several times over, and too little to nest so deep that a recursion ends the process.</summary>
    public const int MaximumLength = 4_096;

    public static byte[] Make(ulong seed, IFuzzTarget target, long index)
    {
        var random = new Randomness(seed, target.Name, index);
        var bytes = Begin(ref random, target.Samples);
        for (var left = random.OneIn(16) ? 0 : 1 + random.Below(1 << random.Below(5)); left > 0; left--)
        {
            Change(ref random, bytes);
        }

        if (bytes.Count > MaximumLength)
        {
            bytes.RemoveRange(MaximumLength, bytes.Count - MaximumLength);
        }

        return [.. bytes];
    }

    private static List<byte> Begin(ref Randomness random, IReadOnlyList<byte[]> samples)
    {
        var bytes = new List<byte>(64);
        switch (random.Below(8))
        {
            case 0:
                AddNoise(ref random, bytes, 0, random.Below(64));
                break;
            case 1:
                for (var left = random.Below(12); left > 0; left--)
                {
                    bytes.AddRange(OneOf(ref random, Pieces.All));
                }

                break;
            case 2:
                // The head of one sample and the tail of another.
                var (head, tail) = (OneOf(ref random, samples), OneOf(ref random, samples));
                bytes.AddRange(head.AsSpan(0, random.Below(head.Length + 1)));
                bytes.AddRange(tail.AsSpan(random.Below(tail.Length + 1)));
                break;
            default:
                bytes.AddRange(OneOf(ref random, samples));
                break;
        }

        return bytes;
    }

    private static void Change(ref Randomness random, List<byte> bytes)
    {
        var at = random.Below(bytes.Count + 1);
        var length = bytes.Count == at ? 0 : 1 + random.Below(Math.Min(bytes.Count - at, 1 << random.Below(9)));
        switch (random.Below(9))
        {
            case 0 when length > 0:
                bytes[at] ^= (byte)(1 << random.Below(8));
                break;
            case 1 when length > 0:
                bytes[at] = random.NextByte();
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.InsertRange(random.Below(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 4:
                AddRun(ref random, bytes, at);
                break;
            case 5:
                AddNoise(ref random, bytes, at, random.Below(8));
                break;
            case 6:
                var piece = OneOf(ref random, Pieces.All);
                bytes.RemoveRange(at, Math.Min(piece.Length, bytes.Count - at));
                bytes.InsertRange(at, piece);
                break;
            default:
                bytes.InsertRange(at, OneOf(ref random, Pieces.All));
                break;
        }
    }

    /// <summary>Many times the same, so that the limits of names are met and passed.</summary>
    private static void AddRun(ref Randomness random, List<byte> bytes, int at)
    {
        byte[] piece = random.OneIn(2) ? [(byte)('a' + random.Below(26))] : OneOf(ref random, Pieces.All);
        var most = 1 << random.Below(12);
        for (var left = Math.Min(1 + random.Below(most), MaximumLength / piece.Length); left > 0; left--)
        {
            bytes.InsertRange(at, piece);
        }
    }

    private static void AddNoise(ref Randomness random, List<byte> bytes, int at, int count)
    {
        for (; count > 0; count--)
        {
            bytes.Insert(at, random.NextByte());
        }
    }

    private static byte[] OneOf(ref Randomness random, IReadOnlyList<byte[]> list) => list[random.Below(list.Count)];
}
