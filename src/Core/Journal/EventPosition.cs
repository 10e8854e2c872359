using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace OrleansTagCache.Journal;

/// <summary>
/// Where a reader of events stands: of each coordinator of updates, the number up to which the reader has got, or need not get, all that has ended. It means the same at every silo, so that a reader may come back to another one.
/// </summary>
/// <param name="At">The date at the silo that gave it.</param>
/// <param name="Seen">The numbers by coordinators; <see cref="All"/> for one that is gone and of which nothing more comes. What is not there is zero.</param>
internal sealed record EventPosition(DateTimeOffset At, IReadOnlyDictionary<Guid, long> Seen)
{
    /// <summary>Everything that a coordinator has begun or could begin.</summary>
    public const long All = long.MaxValue;

    /// <summary>The longest text of one that is read.</summary>
    public const int MaximumLength = 16 * 1024;

    private const byte Form = 1;
    private const int HeadLength = 1 + sizeof(long);
    private const int GuidLength = 16;
    private const int EntryLength = GuidLength + sizeof(long);

    /// <summary>As it travels in the id of an event.</summary>
    public override string ToString()
    {
        var entries = Seen.Where(entry => entry.Value > 0).OrderBy(entry => entry.Key).ToArray();
        var bytes = new byte[HeadLength + (entries.Length * EntryLength)];
        bytes[0] = Form;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(1), At.ToUnixTimeMilliseconds());
        for (var i = 0; i < entries.Length; i++)
        {
            var entry = bytes.AsSpan(HeadLength + (i * EntryLength));
            entries[i].Key.TryWriteBytes(entry);
            BinaryPrimitives.WriteInt64BigEndian(entry[GuidLength..], entries[i].Value);
        }

        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads one. False if it is none that a silo has given.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out EventPosition? position)
    {
        position = null;
        if (text.Length > MaximumLength || !Base64Url.IsValid(text))
        {
            return false;
        }

        var bytes = Base64Url.DecodeFromChars(text);
        if (bytes.Length < HeadLength || bytes[0] != Form || (bytes.Length - HeadLength) % EntryLength != 0)
        {
            return false;
        }

        var milliseconds = BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(1));
        if (milliseconds < DateTimeOffset.MinValue.ToUnixTimeMilliseconds() || milliseconds > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
        {
            return false;
        }

        var seen = new Dictionary<Guid, long>();
        for (var at = HeadLength; at < bytes.Length; at += EntryLength)
        {
            var number = BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(at + GuidLength));
            if (number <= 0 || !seen.TryAdd(new(bytes.AsSpan(at, GuidLength)), number))
            {
                return false;
            }
        }

        position = new(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), seen);
        return true;
    }
}
