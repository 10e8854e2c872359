using System.Net;
using System.Reflection;
using OrleansTagCache.Contracts;
using OrleansTagCache.Fuzz.Engine;

namespace OrleansTagCache.Fuzz.Targets;

/// <summary>
/// Fills the wire types from an input, and compares two values by all that is in them. Text travels as UTF-8, so that a lone surrogate would arrive as another
/// character: texts are filled without, as names are checked to be.
/// </summary>
internal static class WireValues
{
    private const int MostElements = 5;

    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>Everything in the core that crosses the network.</summary>
    public static readonly Type[] Types =
        [.. typeof(Payload).Assembly.GetTypes().Where(type => type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false))
            .OrderBy(type => type.FullName, StringComparer.Ordinal)];

    public static object? Make(Type type, ref InputReader reader) => type switch
    {
        _ when type == typeof(string) => reader.TextOrNull() is { } text ? Reference.Unicode(text) : null,
        _ when type == typeof(bool) => reader.NextByte() % 2 == 1,
        _ when type == typeof(int) => (int)reader.NextNumber(4),
        _ when type == typeof(long) => (long)reader.NextNumber(8),
        _ when type == typeof(double) => reader.NextNumber(4) / 100.0,
        _ when type == typeof(TimeSpan) => new TimeSpan((long)reader.NextNumber(8)),
        _ when type == typeof(DateTimeOffset) => new DateTimeOffset((long)(reader.NextNumber(8) % (ulong)DateTimeOffset.MaxValue.Ticks), TimeSpan.Zero),
        _ when type == typeof(Guid) => MakeGuid(ref reader),
        _ when type == typeof(byte[]) => reader.Field().ToArray(),
        _ when type == typeof(SiloAddress) => SiloAddress.New(new(new IPAddress((long)(uint)reader.NextNumber(4)), (int)reader.NextNumber(2)), (int)reader.NextNumber(4)),
        _ when type == typeof(GrainId) => GrainId.Create("fuzz", $"{reader.NextNumber(4)}"),
        _ when type == typeof(CacheLife) => MakeLife(ref reader),
        _ when type.IsEnum => Enum.ToObject(type, reader.NextByte()),
        _ when type.IsArray => MakeArray(type.GetElementType()!, ref reader),
        _ when type.IsInterface => null,
        _ when Nullable.GetUnderlyingType(type) is { } inner => reader.NextByte() % 4 == 0 ? null : Make(inner, ref reader),
        _ => MakeRecord(type, ref reader),
    };

    public static bool AreEqual(object? left, object? right)
    {
        if (left is null || right is null || left.GetType() != right.GetType())
        {
            return left is null && right is null;
        }

        if (left is Array array)
        {
            return array.Length == ((Array)right).Length && Enumerable.Range(0, array.Length).All(i => AreEqual(array.GetValue(i), ((Array)right).GetValue(i)));
        }

        return left.GetType().Assembly == typeof(Payload).Assembly && !left.GetType().IsEnum
            ? Array.TrueForAll(left.GetType().GetFields(Own), field => AreEqual(field.GetValue(left), field.GetValue(right)))
            : left.Equals(right);
    }

    private static object MakeRecord(Type type, ref InputReader reader)
    {
        var constructor = type.GetConstructors(Own).Where(one => one.GetParameters() is not [var only] || only.ParameterType != type)
            .MaxBy(one => one.GetParameters().Length)!;
        var parameters = constructor.GetParameters();
        var arguments = new object?[parameters.Length];
        for (var i = 0; i < parameters.Length; i++)
        {
            // A record in a record may be missing; the values of Core do not mind, and what travels is the same.
            var isOptional = parameters[i].ParameterType is { IsClass: true, IsArray: false } inner && inner != typeof(string) && inner != typeof(CacheLife);
            arguments[i] = isOptional && reader.NextByte() % 4 == 0 ? null : Make(parameters[i].ParameterType, ref reader);
        }

        var value = constructor.Invoke(arguments);
        if (parameters.Length == 0)
        {
            foreach (var property in type.GetProperties(Own).Where(property => property.CanWrite))
            {
                property.SetValue(value, Make(property.PropertyType, ref reader));
            }
        }

        return value;
    }

    private static Array? MakeArray(Type element, ref InputReader reader)
    {
        var length = reader.NextByte() % (MostElements + 2);
        if (length > MostElements)
        {
            return null;
        }

        var array = Array.CreateInstance(element, length);
        for (var i = 0; i < length; i++)
        {
            array.SetValue(Make(element, ref reader), i);
        }

        return array;
    }

    private static Guid MakeGuid(ref InputReader reader)
    {
        Span<byte> bytes = stackalloc byte[16];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = reader.NextByte();
        }

        return new(bytes);
    }

    private static CacheLife MakeLife(ref InputReader reader)
    {
        if (reader.NextByte() % 4 == 0 && Reference.Unicode(reader.Text()) is { Length: > 0 } profile)
        {
            return CacheLife.Profile(profile);
        }

        var (stale, revalidate, more) = ((long)(reader.NextNumber(8) >> 1), (long)(reader.NextNumber(8) >> 2), (long)(reader.NextNumber(8) >> 2));
        return new(new(stale), new(revalidate), new(revalidate + more));
    }
}
