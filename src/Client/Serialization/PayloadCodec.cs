using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;

namespace OrleansTagCache.Serialization;

/// <summary>
/// Compresses and encrypts what leaves the caches of a namespace, and undoes it with what comes: silos and wires have the bytes as they were made here, the near cache and the serializers as they were before.
/// What is on is a matter of the writer; every reader reads both.
/// </summary>
/// <remarks>
/// Thread-safe. A value that is encoded bears another mark of its type: a process that does not know of encodings takes it for a value of another type, never for the value itself. An encrypted one holds
/// the key that it belongs to, so that none can be passed off as that of another key.
/// </remarks>
internal sealed partial class PayloadCodec
{
    /// <summary>The longest value that may come out: the upper limit of <see cref="TagCacheClientOptions.MaximumPayloadBytes"/>.</summary>
    public const int MaximumBytes = 64 * 1024 * 1024;

    private const int LengthBytes = sizeof(int);
    private const int Quality = 4;
    private const int Window = 22;

    /// <summary>Any number will do: that of each encoding is another.</summary>
    private const long MarkOfEncoded = 0x5A17_C0DE_D000_0000;

    private readonly LogOnce _once;
    private readonly ILogger<PayloadCodec> _logger;
    private readonly IDataProtector? _protector;
    private readonly int _compressFrom;
    private readonly bool _encrypts;

    /// <exception cref="InvalidOperationException">Values are to be encrypted, and the application has no data protection.</exception>
    public PayloadCodec(TagCacheClientOptions options, IServiceProvider services, LogOnce once, ILogger<PayloadCodec> logger)
    {
        (_once, _logger) = (once, logger);
        (_compressFrom, _encrypts) = (options.CompressFromBytes ?? int.MaxValue, options.EncryptValues);
        _protector = services.GetService<IDataProtectionProvider>()?.CreateProtector("OrleansTagCache.Values", options.Namespace);
        if (_encrypts && _protector is null)
        {
            throw new InvalidOperationException(
                $"{SettingFaults.Setting(nameof(options.EncryptValues))} needs the application's data protection: call builder.Services.AddDataProtection(), with keys that all processes of the application share.");
        }
    }

    /// <summary>What is sent of an entry.</summary>
    /// <exception cref="TagCacheException">It cannot be encrypted.</exception>
    public EntryData Encode(string scopedKey, EntryData entry) =>
        Encode(scopedKey, entry.Payload) is var payload && ReferenceEquals(payload, entry.Payload) ? entry : entry with { Payload = payload };

    /// <inheritdoc cref="Encode(string, EntryData)"/>
    public EntrySnapshot? Encode(string scopedKey, EntrySnapshot? entry) =>
        entry is null || (Encode(scopedKey, entry.Payload) is var payload && ReferenceEquals(payload, entry.Payload)) ? entry : entry with { Payload = payload };

    /// <summary>What has come of an entry. What cannot be decoded stays as it is, and is of no type that a reader asks for.</summary>
    public EntryData Decode(string scopedKey, EntryData entry) =>
        entry.Payload.Coding == PayloadCoding.None ? entry : entry with { Payload = Decode(scopedKey, entry.Payload) };

    /// <inheritdoc cref="Decode(string, EntryData)"/>
    public EntrySnapshot? Decode(string scopedKey, EntrySnapshot? entry) =>
        entry is null or { Payload.Coding: PayloadCoding.None } ? entry : entry with { Payload = Decode(scopedKey, entry.Payload) };

    /// <inheritdoc cref="Decode(string, EntryData)"/>
    public Acquired? Decode(string scopedKey, Acquired? answer) =>
        answer is null or { Entry: null or { Payload.Coding: PayloadCoding.None } } ? answer : answer with { Entry = Decode(scopedKey, answer.Entry) };

    /// <summary>How many bytes a value may have once it is decoded, as it says itself. What cannot be known before it is decrypted has as many as any may have.</summary>
    public static int MostBytesOf(Payload payload) => payload.Coding switch
    {
        PayloadCoding.Brotli when payload.Bytes.Length >= LengthBytes && BinaryPrimitives.ReadInt32LittleEndian(payload.Bytes) is >= 0 and <= MaximumBytes and var length => length,
        PayloadCoding.Brotli | PayloadCoding.Protected => MaximumBytes,
        _ => payload.Bytes.Length,
    };

    private Payload Encode(string scopedKey, Payload payload)
    {
        if (payload.IsNull || payload.Coding != PayloadCoding.None)
        {
            return payload;
        }

        var (bytes, coding) = (payload.Bytes, PayloadCoding.None);
        if (bytes.Length >= _compressFrom && Compressed(bytes) is { } compressed)
        {
            (bytes, coding) = (compressed, PayloadCoding.Brotli);
        }

        if (_encrypts)
        {
            (bytes, coding) = (Protect(scopedKey, bytes), coding | PayloadCoding.Protected);
        }

        return coding == PayloadCoding.None ? payload : payload with { Bytes = bytes, Coding = coding, MadeAs = OtherMark(payload.MadeAs, coding) };
    }

    private Payload Decode(string scopedKey, Payload payload)
    {
        var (bytes, coding) = (payload.Bytes, payload.Coding);
        try
        {
            if ((coding & ~(PayloadCoding.Brotli | PayloadCoding.Protected)) != PayloadCoding.None)
            {
                throw new NotSupportedException($"The encoding {coding} is not known here.");
            }

            if (coding.HasFlag(PayloadCoding.Protected))
            {
                bytes = Unprotect(scopedKey, bytes);
            }

            if (coding.HasFlag(PayloadCoding.Brotli))
            {
                bytes = Decompressed(bytes);
            }

            return payload with { Bytes = bytes, Coding = PayloadCoding.None, MadeAs = OtherMark(payload.MadeAs, coding) };
        }
        catch (Exception exception)
        {
            if (_once.IsNew($"decode {coding} {exception.GetType().Name}"))
            {
                LogNotDecoded(coding, exception);
            }

            return payload;
        }
    }

    private static TypeMark OtherMark(TypeMark mark, PayloadCoding coding) => new(mark.Value ^ (MarkOfEncoded + (long)coding));

    /// <summary>Null if it would hardly be smaller.</summary>
    private static byte[]? Compressed(byte[] bytes)
    {
        var room = ArrayPool<byte>.Shared.Rent(bytes.Length);
        try
        {
            // A tenth is the least that is worth undoing it at each read.
            var most = bytes.Length - (bytes.Length / 10) - LengthBytes;
            if (most <= 0 || !BrotliEncoder.TryCompress(bytes, room.AsSpan(0, most), out var written, Quality, Window))
            {
                return null;
            }

            var compressed = new byte[LengthBytes + written];
            BinaryPrimitives.WriteInt32LittleEndian(compressed, bytes.Length);
            room.AsSpan(0, written).CopyTo(compressed.AsSpan(LengthBytes));
            return compressed;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(room, clearArray: true);
        }
    }

    /// <exception cref="InvalidDataException">It is not what was compressed.</exception>
    private static byte[] Decompressed(byte[] bytes)
    {
        if (bytes.Length < LengthBytes || BinaryPrimitives.ReadInt32LittleEndian(bytes) is not (>= 0 and <= MaximumBytes and var length))
        {
            throw new InvalidDataException($"A compressed value must say how long it is: at most {MaximumBytes} bytes.");
        }

        using var decoder = default(BrotliDecoder);
        var whole = new byte[length];
        return decoder.Decompress(bytes.AsSpan(LengthBytes), whole, out var read, out var written) == OperationStatus.Done && written == length && read == bytes.Length - LengthBytes
            ? whole
            : throw new InvalidDataException("A compressed value is not what it says it is.");
    }

    private byte[] Protect(string scopedKey, byte[] bytes)
    {
        var owned = new byte[SHA256.HashSizeInBytes + bytes.Length];
        try
        {
            Owner(scopedKey, owned);
            bytes.CopyTo(owned, SHA256.HashSizeInBytes);
            return _protector!.Protect(owned);
        }
        catch (Exception exception)
        {
            throw new TagCacheException("The value could not be encrypted, so it was not stored: the application's data protection refused.", exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(owned);
        }
    }

    /// <exception cref="CryptographicException">It cannot be decrypted here, or belongs to another key.</exception>
    private byte[] Unprotect(string scopedKey, byte[] bytes)
    {
        var owned = (_protector ?? throw new CryptographicException("This application has no data protection.")).Unprotect(bytes);
        Span<byte> owner = stackalloc byte[SHA256.HashSizeInBytes];
        Owner(scopedKey, owner);
        return owned.Length >= SHA256.HashSizeInBytes && owned.AsSpan(0, SHA256.HashSizeInBytes).SequenceEqual(owner)
            ? owned[SHA256.HashSizeInBytes..]
            : throw new CryptographicException("The value belongs to another key.");
    }

    private static void Owner(string scopedKey, Span<byte> digest) => SHA256.HashData(Encoding.UTF8.GetBytes(scopedKey), digest);

    [LoggerMessage(2603, LogLevel.Warning, "A stored value is encoded ({Coding}) and could not be decoded; it counted as missing. If it is encrypted, the keys of the application's data protection are not those that it was stored with")]
    private partial void LogNotDecoded(PayloadCoding coding, Exception exception);
}
