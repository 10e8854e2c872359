using System.Collections;
using System.Reflection;
using OrleansTagCache.Contracts;
using OrleansTagCache.Simulation.Engine;

namespace OrleansTagCache.Simulation.Search;

/// <summary>
/// One number for the state of a whole world: equal states have equal numbers. It walks the fields of everything that the processes and the
/// pending events hold, the pure types' and the closures' included, so that no part of the state can be forgotten. Dictionaries, sets and
/// pending events count without an order.
/// </summary>
internal sealed class Fingerprint(World world)
{
    private const ulong Seed = 0xCBF29CE484222325;

    private static readonly Dictionary<Type, FieldInfo[]> FieldsOf = [];

    private readonly Dictionary<object, ulong> _known = new(ReferenceEqualityComparer.Instance);

    public static ulong Of(World world, IEnumerable<int> more)
    {
        var walk = new Fingerprint(world);
        var hash = Mix(Seed, (ulong)world.Time.Ticks);
        foreach (var node in world.Processes.Append<Node>(world.Table))
        {
            hash = Mix(hash, walk.Fields(node));
        }

        hash = Mix(Mix(hash, walk.Hash(world.Checker)), Mix(walk.Hash(world.Hosts), Mix(walk.Hash(world.Former), Mix(walk.Hash(world.Standbys), walk.Hash(world.Witnesses)))));
        var pending = 0UL;
        foreach (var each in world.Pending)
        {
            pending += walk.Fields(each);
        }

        return more.Aggregate(Mix(hash, pending), (mixed, number) => Mix(mixed, (ulong)number));
    }

    public static ulong Mix(ulong hash, ulong value)
    {
        hash ^= value + 0x9E3779B97F4A7C15 + (hash << 6) + (hash >> 2);
        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9;
        return hash ^ (hash >> 27);
    }

    private static ulong OfText(string text)
    {
        var hash = Seed;
        foreach (var c in text)
        {
            hash = (hash ^ c) * 0x100000001B3;
        }

        return hash;
    }

    private static FieldInfo[] Find(Type type)
    {
        lock (FieldsOf)
        {
            if (!FieldsOf.TryGetValue(type, out var fields))
            {
                var all = new List<FieldInfo>();
                for (var each = type; each is not null && each != typeof(object); each = each.BaseType)
                {
                    all.AddRange(each.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly));
                }

                FieldsOf.Add(type, fields = [.. all]);
            }

            return fields;
        }
    }

    private ulong Hash(object? value)
    {
        switch (value)
        {
            case null or World or IChooser or Lock:
                return 1;
            case string text:
                return OfText(text);
            case Node node:
                return OfText(node.Name);
            case SiloAddress silo:
                return (ulong)silo.Generation + 2;
            case Payload payload:
                return payload.IsNull ? 3 : Hash(world.ValueOf(payload));
            case CacheLife life:
                return (ulong)life.GetHashCode() * 0x9E3779B97F4A7C15;
            case long number:
                // Its own hash code folds halves: that of -1 is that of 0.
                return (ulong)number * 0x9E3779B97F4A7C15;
            case Enum or IConvertible or Guid or TimeSpan:
                return (ulong)value.GetHashCode() * 0x9E3779B97F4A7C15;
        }

        var type = value.GetType();
        if (type.IsValueType)
        {
            return Fields(value);
        }

        if (_known.TryGetValue(value, out var known))
        {
            return known;
        }

        // Met again on the way down it counts as itself, not as what it holds.
        _known.Add(value, OfText(type.Name));
        var hash = value switch
        {
            Delegate call => Mix((ulong)call.Method.MetadataToken, Hash(call.Target)),
            IDictionary map => Unordered(map),
            IEnumerable list when IsSet(type) => Unordered(list),
            IEnumerable list => Ordered(list),
            _ when IsPlace(type) => 2UL,
            _ => Fields(value),
        };
        _known[value] = hash;
        return hash;
    }

    private static bool IsSet(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(HashSet<>);

    private static bool IsPlace(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(LinkedListNode<>);

    private ulong Fields(object value)
    {
        var hash = Seed;
        foreach (var field in Find(value.GetType()))
        {
            hash = Mix(hash, Hash(field.GetValue(value)));
        }

        return hash;
    }

    private ulong Ordered(IEnumerable list)
    {
        var hash = Seed;
        foreach (var each in list)
        {
            hash = Mix(hash, Hash(each));
        }

        return hash;
    }

    private ulong Unordered(IEnumerable set)
    {
        var sum = Seed;
        foreach (var each in set)
        {
            sum += Mix(Seed, Hash(each));
        }

        return sum;
    }

    private ulong Unordered(IDictionary map)
    {
        var sum = Seed;
        foreach (DictionaryEntry each in map)
        {
            sum += Mix(Hash(each.Key), Hash(each.Value));
        }

        return sum;
    }
}
