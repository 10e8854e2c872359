using Orleans.Serialization;
using OrleansTagCache.Contracts;
using OrleansTagCache.Fuzz.Engine;

namespace OrleansTagCache.Fuzz.Targets;

/// <summary>
/// What crosses the network arrives as it was. Of changed bytes something else may be read, or nothing, by whatever exception: but not without an end, and
/// not by allocating what a length claims (the engine bounds time and bytes).
/// </summary>
internal sealed class WireTarget : IFuzzTarget
{
    private readonly Serializer _serializer = new ServiceCollection().AddSerializer(builder => builder.AddAssembly(typeof(Payload).Assembly))
        .BuildServiceProvider().GetRequiredService<Serializer>();

    public string Name => "wire";

    public IReadOnlyList<byte[]> Samples { get; } =
    [
        .. Enumerable.Range(0, WireValues.Types.Length).SelectMany(type => new byte[][]
        {
            [(byte)type],
            [(byte)type, .. InputReader.Of("a", "bc", "text/html", "tag"), .. Enumerable.Range(1, 200).Select(i => (byte)i)],
        }),
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        var reader = new InputReader(input);
        var type = WireValues.Types[reader.NextByte() % WireValues.Types.Length];
        Read(reader.Rest.ToArray());

        // Where the input ends all is 0, and the changes are those of nothing: the value is made of one half of it, the changes of the other.
        var half = reader.Rest.Length / 2;
        var changes = new InputReader(reader.Rest[half..]);
        var value = WireValues.Make(type, ref reader);
        var bytes = _serializer.SerializeToArray(value);
        OracleException.Require(WireValues.AreEqual(value, _serializer.Deserialize<object>(bytes)), $"A {type.Name} arrives as another.");
        Read(Change(bytes, ref changes));
    }

    private static byte[] Change(byte[] bytes, ref InputReader changes)
    {
        var changed = bytes.ToList();
        for (var left = 1 + (changes.NextByte() % 8); left > 0; left--)
        {
            var (kind, at, value) = (changes.NextByte() % 5, (int)(changes.NextNumber(2) % (ulong)(changed.Count + 1)), changes.NextByte());
            switch (kind)
            {
                case 0 when at < changed.Count:
                    changed[at] = value;
                    break;
                case 1 when at < changed.Count:
                    changed[at] ^= (byte)(1 << (value % 8));
                    break;
                case 2:
                    changed.RemoveRange(at, Math.Min(value, changed.Count - at));
                    break;
                case 3:
                    changed.InsertRange(at, Pieces.All[value % Pieces.All.Length]);
                    break;
                default:
                    changed.InsertRange(at, changed.GetRange(at, Math.Min(value, changed.Count - at)));
                    break;
            }
        }

        return [.. changed];
    }

    private void Read(byte[] bytes)
    {
        try
        {
            _serializer.Deserialize<object>(bytes);
        }
        catch (Exception exception) when (exception is not (OutOfMemoryException or InsufficientExecutionStackException))
        {
            // Refused. By which exception is not promised.
        }
    }
}
