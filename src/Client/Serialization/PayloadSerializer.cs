using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Serialization;

/// <summary>
/// Turns values into payloads and back, at the edge: the cluster sees bytes alone. A type with an
/// <see cref="IHybridCacheSerializer{T}"/> of its own, or of a factory, goes through that; else strings and byte arrays go as they are, factories not asked; everything else is JSON, with public fields, and with the options
/// that are registered under the key <c>typeof(IHybridCacheSerializer&lt;T&gt;)</c> or <c>typeof(IHybridCacheSerializer&lt;&gt;)</c>, if there are any.
/// </summary>
/// <remarks>Thread-safe. Serializers are looked up once a type: the type's own first, then the factories, the last registered first.</remarks>
internal sealed class PayloadSerializer(IServiceProvider services)
{
    private const string Json = "application/json";
    private const string Text = "text/plain; charset=utf-8";
    /// <summary>The media type of bytes that nothing is known of.</summary>
    public const string Binary = "application/octet-stream";

    /// <summary>A tuple has nothing but fields.</summary>
    private static readonly JsonSerializerOptions WithFields = new() { IncludeFields = true };

    private readonly bool _isTextPlain = services.GetService<IHybridCacheSerializer<string>>() is null;
    private readonly bool _areBytesPlain = services.GetService<IHybridCacheSerializer<byte[]>>() is null;
    private readonly ConcurrentDictionary<Type, object?> _custom = new();
    private readonly ConcurrentDictionary<Type, JsonSerializerOptions> _json = new();

    public Payload Serialize<T>(T value)
    {
        switch (value)
        {
            case null:
                return Payload.Null;
            case string text when typeof(T) == typeof(string) && _isTextPlain:
                return new(Encoding.UTF8.GetBytes(text), Text);
            case byte[] bytes when typeof(T) == typeof(byte[]) && _areBytesPlain:
                // A payload is immutable and the caller's array is not.
                return new([.. bytes], Binary);
            default:
                break;
        }

        if (Custom<T>() is { } serializer)
        {
            var target = new ArrayBufferWriter<byte>();
            serializer.Serialize(value, target);
            return new(target.WrittenSpan.ToArray(), Binary);
        }

        return new(JsonSerializer.SerializeToUtf8Bytes(value, OptionsOf<T>()), Json);
    }

    /// <exception cref="JsonException">The payload is not JSON of that type.</exception>
    public T Deserialize<T>(Payload payload)
    {
        if (payload.IsNull)
        {
            return default!;
        }

        if (typeof(T) == typeof(string) && _isTextPlain)
        {
            return (T)(object)Encoding.UTF8.GetString(payload.Bytes);
        }

        if (typeof(T) == typeof(byte[]) && _areBytesPlain)
        {
            return (T)(object)payload.Bytes.AsSpan().ToArray();
        }

        return Custom<T>() is { } serializer
            ? serializer.Deserialize(new ReadOnlySequence<byte>(payload.Bytes))
            : JsonSerializer.Deserialize<T>(payload.Bytes, OptionsOf<T>())!;
    }

    private JsonSerializerOptions OptionsOf<T>() => _json.TryGetValue(typeof(T), out var known) ? known : _json.GetOrAdd(
        typeof(T),
        _ => services.GetKeyedService<JsonSerializerOptions>(typeof(IHybridCacheSerializer<T>))
            ?? services.GetKeyedService<JsonSerializerOptions>(typeof(IHybridCacheSerializer<>))
            ?? WithFields);

    private IHybridCacheSerializer<T>? Custom<T>() => (IHybridCacheSerializer<T>?)_custom.GetOrAdd(typeof(T), _ => Find<T>());

    private object? Find<T>()
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
}
