using System.Buffers.Text;
using OrleansTagCache.Http.Messages;

namespace OrleansTagCache.Http.Endpoints;

/// <summary>Writes what <c>/v1/entries/get</c> answers, as a serializer would, but its values in pieces: a serializer gives the server the whole of a value at once.</summary>
internal static class ManyEntriesText
{
    /// <summary>So many bytes are a piece in base64.</summary>
    private const int BytesOfPiece = PiecesWriter.Piece / 4 * 3;

    public static IResult Of(ManyAnswer answer) => new PiecesAnswer("application/json; charset=utf-8", length: null, to => Write(answer, to));

    private static async Task Write(ManyAnswer answer, PiecesWriter to)
    {
        var before = "{\"entries\":["u8.ToArray();
        foreach (var entry in answer.Entries)
        {
            await to.Write(before);
            before = ","u8.ToArray();
            await Write(entry, to);
        }

        await to.Write(answer.Entries.Count == 0 ? before : []);
        await to.Write("],\"omitted\":"u8.ToArray());
        await to.Write(JsonAnswer.Part(answer.Omitted));
        await to.Write("}"u8.ToArray());
    }

    private static async Task Write(ManyEntry entry, PiecesWriter to)
    {
        await Write("{\"key\":"u8.ToArray(), entry.Key);
        await to.Write(",\"value\":\""u8.ToArray());
        for (var at = 0; at < entry.Value.Length; at += BytesOfPiece)
        {
            var (start, length) = (at, Math.Min(BytesOfPiece, entry.Value.Length - at));
            await to.Write(Base64.GetMaxEncodedToUtf8Length(length), text =>
            {
                Base64.EncodeToUtf8(entry.Value.AsSpan(start, length), text, out _, out var written);
                return written;
            });
        }

        await Write("\",\"contentType\":"u8.ToArray(), entry.ContentType);
        await Write(",\"tags\":"u8.ToArray(), entry.Tags);
        await Write(",\"age\":"u8.ToArray(), entry.Age);
        await Write(",\"state\":"u8.ToArray(), entry.State);
        await to.Write("}"u8.ToArray());

        async Task Write<T>(byte[] name, T value)
        {
            await to.Write(name);
            await to.Write(JsonAnswer.Part(value));
        }
    }
}
