using System.Buffers;

namespace OrleansTagCache.Http.Messages;

/// <summary>
/// The bytes of a body as they come, in pieces of the shared pool. It grows as they arrive, and copies them once, at the end: an array that doubled would leave as much garbage as the body is large, and of the
/// kind that the collector moves last.
/// </summary>
internal sealed class BodyPieces : IDisposable
{
    private const int FirstPiece = 16 * 1024;
    private const int Piece = 64 * 1024;

    private readonly List<byte[]> _full = [];
    private byte[] _last = ArrayPool<byte>.Shared.Rent(FirstPiece);
    private int _inLast;

    public int Length { get; private set; }

    /// <summary>Where the next bytes go.</summary>
    public Memory<byte> Free()
    {
        if (_inLast == _last.Length)
        {
            var next = ArrayPool<byte>.Shared.Rent(Piece);
            _full.Add(_last);
            (_last, _inLast) = (next, 0);
        }

        return _last.AsMemory(_inLast);
    }

    /// <summary>That many bytes have come.</summary>
    public void Advance(int bytes)
    {
        _inLast += bytes;
        Length += bytes;
    }

    public byte[] ToArray()
    {
        var whole = GC.AllocateUninitializedArray<byte>(Length);
        var at = 0;
        foreach (var piece in _full)
        {
            piece.CopyTo(whole, at);
            at += piece.Length;
        }

        _last.AsSpan(0, _inLast).CopyTo(whole.AsSpan(at));
        return whole;
    }

    public void Dispose()
    {
        foreach (var piece in _full.Append(_last))
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }
}
