using System.Reflection;
using Orleans.Serialization;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Fuzz.Targets;

/// <summary>
/// What crosses the network: every type comes back as it was; bytes of any kind are a value or an exception, and take no more memory than messages may have.
/// </summary>
internal sealed class WireTarget : IFuzzTarget
{
    /// <summary>Arrays are made as large as their length says: a message of this size may do the same by being sound.</summary>
    private const long MostMemory = 256L * 1024 * 1024;

    private readonly Serializer _serializer = new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>();
    private readonly Type[] _types = [.. typeof(AcquireRequest).Assembly.GetTypes().Where(IsValue).OrderBy(type => type.FullName, StringComparer.Ordinal)];

    public WireTarget()
    {
        var samples = _types.Select((type, i) => Filler.Make(type, new Random(i))).ToArray();
        Seeds = [.. samples.Select(sample => _serializer.SerializeToArray<object>(sample))];
    }

    public string Name => "wire types";

    /// <summary>Whether it is a type of ours that is nothing but its values; references to grains need a running silo.</summary>
    private static bool IsValue(Type type) =>
        type.GetCustomAttribute<GenerateSerializerAttribute>() is not null && type.GetCustomAttribute<AliasAttribute>() is not null && !type.GetProperties().Any(property => typeof(IAddressable).IsAssignableFrom(property.PropertyType.GetElementType() ?? property.PropertyType));

    public IReadOnlyList<byte[]> Seeds { get; }

    public void Run(byte[] input)
    {
        var type = _types[input.Length == 0 ? 0 : input[0] % _types.Length];
        var value = Filler.Make(type, new Random(input.Aggregate(17, (hash, one) => (hash * 31) + one)));
        var bytes = _serializer.SerializeToArray<object>(value);
        Finding.Unless(Filler.Show(_serializer.Deserialize<object>(bytes)) == Filler.Show(value), $"{type.Name} does not come back as it was.");

        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            _serializer.Deserialize<object>(input);
        }
        catch (Exception exception) when (exception is not Finding)
        {
            // Orleans closes the connection.
            Finding.Unless(exception is not OutOfMemoryException, "Bytes take all memory.");
        }

        Finding.Unless(GC.GetAllocatedBytesForCurrentThread() - before < MostMemory, $"{input.Length} bytes took {GC.GetAllocatedBytesForCurrentThread() - before} bytes of memory.");
    }
}

/// <summary>Makes values of wire types by their constructors.</summary>
internal static class Filler
{
    public static object Make(Type type, Random random) => Value(type, random, depth: 0)!;

    /// <summary>All that a value says.</summary>
    public static string Show(object? value) => value switch
    {
        null => "null",
        Array items => $"[{string.Join(',', items.Cast<object?>().Select(Show))}]",
        _ when value.GetType().Assembly != typeof(AcquireRequest).Assembly || value.GetType().IsEnum => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{value}"),
        _ => $"{value.GetType().Name}({string.Join(',', value.GetType().GetProperties(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance).Where(one => one.GetIndexParameters().Length == 0 && one.GetCustomAttribute<IdAttribute>() is not null).Select(one => $"{one.Name}={Show(one.GetValue(value))}"))})",
    };

    private static object? Value(Type type, Random random, int depth)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return random.Next(3) == 0 ? null : Value(underlying, random, depth);
        }

        return type switch
        {
            _ when type == typeof(string) => new string((char)('a' + random.Next(26)), random.Next(20)),
            _ when type == typeof(bool) => random.Next(2) == 0,
            _ when type == typeof(byte) => (byte)random.Next(256),
            _ when type == typeof(int) => random.Next(),
            _ when type == typeof(long) => random.NextInt64(),
            _ when type == typeof(double) => random.NextDouble(),
            _ when type == typeof(Guid) => new Guid(Enumerable.Range(0, 16).Select(_ => (byte)random.Next(256)).ToArray()),
            _ when type == typeof(TimeSpan) => TimeSpan.FromTicks(random.NextInt64(TimeSpan.TicksPerDay)),
            _ when type == typeof(CacheLife) => new CacheLife(TimeSpan.FromSeconds(random.Next(9)), TimeSpan.FromSeconds(random.Next(9)), TimeSpan.FromSeconds(9 + random.Next(9))),
            _ when type == typeof(GrainId) => GrainId.Create("otc.entry", $"key{random.Next()}"),
            _ when type == typeof(SiloAddress) => SiloAddress.New(System.Net.IPAddress.Loopback, random.Next(1, 65_535), random.Next()),
            _ when type.IsEnum => Enum.GetValues(type).GetValue(random.Next(Enum.GetValues(type).Length)),
            _ when type.IsArray => Items(type.GetElementType()!, random, depth),
            _ when type.Assembly == typeof(AcquireRequest).Assembly => Made(type, random, depth),
            _ => throw new NotSupportedException($"{type} is not known here."),
        };
    }

    private static Array Items(Type item, Random random, int depth)
    {
        var items = Array.CreateInstance(item, depth > 4 ? 0 : random.Next(4));
        for (var i = 0; i < items.Length; i++)
        {
            items.SetValue(Value(item, random, depth + 1), i);
        }

        return items;
    }

    private static object Made(Type type, Random random, int depth)
    {
        var constructor = type.GetConstructors(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)
            .Where(one => one.GetParameters() is not [var only] || only.ParameterType != type).MaxBy(one => one.GetParameters().Length)
            ?? throw new InvalidOperationException($"{type} cannot be made.");
        var value = constructor.Invoke([.. constructor.GetParameters().Select(parameter => Value(parameter.ParameterType, random, depth + 1))]);
        foreach (var property in type.GetProperties().Where(property => property.CanWrite && constructor.GetParameters().Length == 0))
        {
            property.SetValue(value, Value(property.PropertyType, random, depth + 1));
        }

        return value;
    }
}
