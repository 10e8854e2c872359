using System.Text;

namespace OrleansTagCache.Fuzz;

/// <summary>Makes the input of one run from its number alone: a sound one, changed a little or a lot, or none at all.</summary>
internal sealed class Mutator(IReadOnlyList<byte[]> seeds)
{
    private const int Longest = 4_096;

    private static readonly byte[][] Words =
    [
        .. new[]
        {
            ":", "*", "/", "%00", "%FF", "%ED%A0%80", "%C0%AF", "%", "%4", "\0", "\r\n", "\u202E", "\uFEFF", "\u0130", "4:shop", "00:", "99999999999999999999", "-1", "-0", "1e309", "NaN", "Infinity", "null", "\\ud800", "\\u0000",
            "\"tags\":", "{\"", "}]", "[[[[[[[[[[[[", "&key=", "&tag=", "&life=hours", "&expire=", "v1=", "otc_", "{/a/*/b}", "~1", "~0", "@127.0.0.1", "[::1]", "xn--", "..", "//", "\\",
        }.Select(Encoding.UTF8.GetBytes),
        [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF, 0xFE], [0x00, 0xD8], [0x00, 0xDC], [0xFF, 0xFF, 0xFF, 0x7F], [0x80, 0x80, 0x80, 0x80, 0x10],
    ];

    public byte[] Make(Random random)
    {
        if (random.Next(8) == 0)
        {
            var noise = new byte[random.Next(300)];
            random.NextBytes(noise);
            return noise;
        }

        var input = new List<byte>(seeds[random.Next(seeds.Count)]);
        for (var changes = random.Next(1, 8); changes > 0; changes--)
        {
            Change(input, random);
        }

        return [.. input.Take(Longest)];
    }

    private void Change(List<byte> input, Random random)
    {
        var at = random.Next(input.Count + 1);
        switch (random.Next(8))
        {
            case 0 when input.Count > 0:
                input[at % input.Count] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when input.Count > 0:
                input[at % input.Count] = (byte)random.Next(256);
                break;
            case 2 when input.Count > 0:
                input.RemoveRange(at % input.Count, random.Next(1, input.Count - (at % input.Count) + 1));
                break;
            case 3:
                input.InsertRange(at, Enumerable.Repeat((byte)random.Next(256), random.Next(1, 300)));
                break;
            case 4:
                var other = seeds[random.Next(seeds.Count)];
                input.InsertRange(at, other.Skip(random.Next(other.Length + 1)));
                break;
            default:
                input.InsertRange(at, Words[random.Next(Words.Length)]);
                break;
        }
    }
}
