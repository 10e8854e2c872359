using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;

namespace OrleansTagCache.Serialization;

/// <summary>
/// Turns values into payloads and back, at the edge: the cluster sees bytes alone. A type with an
/// <see cref="IHybridCacheSerializer{T}"/> of its own, or of a factory, goes through that; else strings and byte arrays go as they are, factories not asked; everything else is JSON, with public fields, and with the options
/// that are registered under the key <c>typeof(IHybridCacheSerializer&lt;T&gt;)</c> or <c>typeof(IHybridCacheSerializer&lt;&gt;)</c>, if there are any.
///
/// <para>No reader gets a value that no factory made. A payload says which type it was made as, and is read as no other; what a program stored over HTTP is read as its media type allows. A
/// generated value is read back before it is stored: its own caller gets what everybody will get, and what cannot be read, or has lost something on the way, is not
/// stored.</para>
/// </summary>
/// <remarks>Thread-safe. Serializers are looked up once a type: the type's own first, then the factories, the last registered first.</remarks>
internal sealed partial class PayloadSerializer(IServiceProvider services)
{
    /// <summary>The media type of bytes that nothing is known of.</summary>
    public const string Binary = "application/octet-stream";

    private const string Json = "application/json";
    private const string Text = "text/plain; charset=utf-8";

    /// <summary>A tuple has nothing but fields.</summary>
    private static readonly JsonSerializerOptions WithFields = new() { IncludeFields = true };

    private readonly ILogger _logger = services.GetService<ILogger<PayloadSerializer>>() ?? (ILogger)NullLogger.Instance;
    private readonly LogOnce _once = services.GetService<LogOnce>() ?? new();
    private readonly bool _isTextPlain = services.GetService<IHybridCacheSerializer<string>>() is null;
    private readonly bool _areBytesPlain = services.GetService<IHybridCacheSerializer<byte[]>>() is null;
    private readonly ConcurrentDictionary<Type, Format> _formats = new();

    /// <exception cref="Exception">Whatever the type's serializer throws.</exception>
    public Payload Serialize<T>(T value)
    {
        if (value is null)
        {
            return Payload.Null;
        }

        var format = FormatOf<T>();
        switch (format.Kind)
        {
            case FormatKind.Text:
                return new(Encoding.UTF8.GetBytes((string)(object)value), Text, MadeAs: format.Mark);
            case FormatKind.Bytes:
                // A payload is immutable and the caller's array is not.
                return new([.. (byte[])(object)value], Binary, MadeAs: format.Mark);
            case FormatKind.Own:
                var target = new ArrayBufferWriter<byte>();
                ((IHybridCacheSerializer<T>)format.With!).Serialize(value, target);
                return new(target.WrittenSpan.ToArray(), Binary, MadeAs: format.Mark);
            default:
                return new(JsonSerializer.SerializeToUtf8Bytes(value, (JsonSerializerOptions)format.With!), Json, MadeAs: format.Mark);
        }
    }

    /// <summary>Serializes a value that was made, and reads it back. Whatever its serializer throws: its own caller has the value.</summary>
    /// <param name="value">What the factory gave.</param>
    /// <param name="maximumBytes">A payload that is larger is not stored, and not read back.</param>
    /// <param name="readBack">The value as all readers get it; as it was made, if no other reader will get it.</param>
    /// <returns>The payload; null if it must not be stored, which was logged.</returns>
    public Payload? TryWrite<T>(T value, int maximumBytes, out T readBack)
    {
        readBack = value;
        try
        {
            var payload = Serialize(value);
            if (payload.IsNull || payload.Bytes.Length > maximumBytes)
            {
                return payload;
            }

            var format = FormatOf<T>();
            var read = Read<T>(payload.Bytes, payload.ContentType, payload.IsNull, payload.MadeAs, format);
            if (format.Kind == FormatKind.Json && !IsSame(payload.Bytes, Serialize(read).Bytes))
            {
                NotStored<T>("it is not the same once it was written as JSON and read.", null);
                return null;
            }

            readBack = read;
            return payload;
        }
        catch (Exception exception)
        {
            NotStored<T>($"its serializer threw {exception.GetType().Name}.", exception);
            return null;
        }
    }

    /// <summary>False if the payload is no value of that type, or cannot be read as one, whatever its serializer throws; that was logged.</summary>
    public bool TryDeserialize<T>(Payload payload, out T value) => TryDeserialize(payload.Bytes, payload.ContentType, payload.IsNull, payload.MadeAs, out value);

    /// <inheritdoc cref="TryDeserialize{T}(Payload, out T)"/>
    public bool TryDeserialize<T>(byte[] bytes, PayloadForm form, out T value) => TryDeserialize(bytes, form.ContentType, form.IsNull, form.MadeAs, out value);

    private bool TryDeserialize<T>(byte[] bytes, string? contentType, bool isNull, TypeMark madeAs, out T value)
    {
        value = default!;
        try
        {
            var format = FormatOf<T>();
            if (isNull ? value is not null : !IsOf(contentType, madeAs, format))
            {
                NotRead<T>("It was made as another type.", null);
                return false;
            }

            value = Read<T>(bytes, contentType, isNull, madeAs, format);
            return true;
        }
        catch (Exception exception)
        {
            NotRead<T>($"Its serializer threw {exception.GetType().Name}.", exception);
            return false;
        }
    }

    private static bool IsOf(string? contentType, TypeMark madeAs, Format format) =>
        madeAs.IsNone ? ContentTypes.Allow(format.Kind, contentType) : madeAs == format.Mark;

    private static T Read<T>(byte[] bytes, string? contentType, bool isNull, TypeMark madeAs, Format format) => isNull ? default! : format.Kind switch
    {
        FormatKind.Text => (T)(object)ContentTypes.EncodingOf(contentType, madeAs).GetString(bytes),
        FormatKind.Bytes => (T)(object)bytes.AsSpan().ToArray(),
        FormatKind.Own => ((IHybridCacheSerializer<T>)format.With!).Deserialize(new ReadOnlySequence<byte>(bytes)),
        _ => JsonSerializer.Deserialize<T>(bytes, (JsonSerializerOptions)format.With!)!,
    };

    /// <summary>Whether two JSON texts say the same; the order of an object's properties does not count.</summary>
    private static bool IsSame(byte[] one, byte[] other)
    {
        if (one.AsSpan().SequenceEqual(other))
        {
            return true;
        }

        using var first = JsonDocument.Parse(one);
        using var second = JsonDocument.Parse(other);
        return JsonElement.DeepEquals(first.RootElement, second.RootElement);
    }

    private Format FormatOf<T>()
    {
        return _formats.TryGetValue(typeof(T), out var known) ? known : _formats.GetOrAdd(typeof(T), Find());

        Format Find()
        {
            if (typeof(T) == typeof(string) && _isTextPlain)
            {
                return new(FormatKind.Text, null, TypeMarks.Of(typeof(T)));
            }

            if (typeof(T) == typeof(byte[]) && _areBytesPlain)
            {
                return new(FormatKind.Bytes, null, TypeMarks.Of(typeof(T)));
            }

            return Custom<T>() is { } custom
                ? new(FormatKind.Own, custom, TypeMarks.Of(typeof(T), custom.GetType()))
                : new(FormatKind.Json, OptionsOf<T>(), TypeMarks.Of(typeof(T)));
        }
    }

    private JsonSerializerOptions OptionsOf<T>() =>
        services.GetKeyedService<JsonSerializerOptions>(typeof(IHybridCacheSerializer<T>))
            ?? services.GetKeyedService<JsonSerializerOptions>(typeof(IHybridCacheSerializer<>))
            ?? WithFields;

    private IHybridCacheSerializer<T>? Custom<T>()
    {
        if (services.GetService<IHybridCacheSerializer<T>>() is { } own)
        {
            return own;
        }

        foreach (var factory in services.GetServices<IHybridCacheSerializerFactory>().Reverse())
        {
            if (factory.TryCreateSerializer<T>(out var made))
            {
                return made;
            }
        }

        return null;
    }

    private void NotStored<T>(string why, Exception? exception)
    {
        var type = TypeMarks.NameOf(typeof(T));
        if (_once.IsNew($"written {type} {why}"))
        {
            LogNotStored(type, why, exception);
        }
    }

    private void NotRead<T>(string why, Exception? exception)
    {
        var type = TypeMarks.NameOf(typeof(T));
        if (_once.IsNew($"read {type} {why}"))
        {
            LogNotRead(type, why, exception);
        }
    }

    [LoggerMessage(2601, LogLevel.Warning, "A generated value was returned to its own caller and not stored. As a {Type}, {Why}")]
    private partial void LogNotStored(string type, string why, Exception? exception);

    [LoggerMessage(2602, LogLevel.Warning, "A stored value could not be read as a {Type}, and counted as missing. {Why}")]
    private partial void LogNotRead(string type, string why, Exception? exception);

    /// <summary>How the values of a type travel.</summary>
    /// <param name="Kind">In which form.</param>
    /// <param name="With">The serializer, or the options of JSON.</param>
    /// <param name="Mark">What payloads of it bear.</param>
    private sealed record Format(FormatKind Kind, object? With, TypeMark Mark);
}
