using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using Orleans.Metadata;
using Orleans.Services;

namespace OrleansTagCache.Tests.Architecture;

/// <summary>Reads the contract from types: what Orleans makes calls and messages of, and what grains keep in storage.</summary>
/// <param name="version">The version of the protocol that is noted with every line.</param>
internal sealed class WireReader(int version)
{
    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private readonly WireContract _contract = new();
    private readonly HashSet<Type> _stored = [];
    private readonly HashSet<Type> _enums = [];

    /// <summary>What bears no name, or no number, of its own: it would be known by what the compiler makes of its place or its namespace.</summary>
    public List<string> Faults { get; } = [];

    public WireContract Read(IEnumerable<Type> types)
    {
        foreach (var type in types.Where(type => type.Namespace?.StartsWith("OrleansTagCache", StringComparison.Ordinal) == true))
        {
            if (type.IsInterface && typeof(IAddressable).IsAssignableFrom(type))
            {
                Interface(type);
            }
            else if (type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false) && !type.IsEnum)
            {
                Message(type);
            }
            else if (typeof(Grain).IsAssignableFrom(type))
            {
                GrainOf(type);
            }

            foreach (var converter in type.GetInterfaces().Where(candidate => candidate.IsGenericType && candidate.GetGenericTypeDefinition() == typeof(IConverter<,>)))
            {
                _contract.Add($"surrogate {NameOf(converter.GenericTypeArguments[0])}", null, NameOf(converter.GenericTypeArguments[1]), version);
            }
        }

        return _contract;
    }

    private void Interface(Type type)
    {
        // A silo finds another one's service by a digest of the name of its interface, not by the alias.
        var way = typeof(IGrainService).IsAssignableFrom(type) ? $"grain service {type.FullName}"
            : typeof(IGrainObserver).IsAssignableFrom(type) ? "observer"
            : typeof(IGrainWithIntegerKey).IsAssignableFrom(type) ? "grain with a number"
            : typeof(IGrainWithGuidKey).IsAssignableFrom(type) ? "grain with a Guid"
            : "grain with a string";
        var block = $"interface {AliasOf(type)}";
        _contract.Add(block, null, way, version);
        foreach (var method in type.GetMethods())
        {
            var name = AliasOf(method, $"{type.FullName}.{method.Name}");
            _contract.Add(block, name, method.ReturnType.IsGenericType ? NameOf(method.ReturnType.GenericTypeArguments[0]) : "nothing", version);
            foreach (var parameter in method.GetParameters())
            {
                _contract.Add(block, $"{name}({parameter.Position})", $"{NameOf(parameter.ParameterType)} {parameter.Name}", version);
            }
        }
    }

    private void Message(Type type)
    {
        var block = $"type {AliasOf(type)}";

        // Whether references are tracked decides what later references in the same message mean.
        var isTracked = !type.IsValueType && !type.IsDefined(typeof(SuppressReferenceTrackingAttribute), inherit: false);
        _contract.Add(block, null, type.IsValueType ? "struct" : isTracked ? "class" : "class without references", version);
        foreach (var member in MembersOf(type))
        {
            var name = member.Name.StartsWith('<') ? member.Name[1..member.Name.IndexOf('>', StringComparison.Ordinal)] : member.Name;
            if ((member.GetCustomAttribute<IdAttribute>() ?? type.GetProperty(name, Own)?.GetCustomAttribute<IdAttribute>()) is { } id)
            {
                _contract.Add(block, id.Id.ToString(CultureInfo.InvariantCulture), $"{NameOf(member.FieldType)} {name}", version);
            }
            else if (!member.IsDefined(typeof(NonSerializedAttribute)))
            {
                Faults.Add($"{type.FullName}.{name} has no [Id].");
            }
        }
    }

    private void GrainOf(Type type)
    {
        if (type.GetCustomAttribute<GrainTypeAttribute>() is not { } name)
        {
            Faults.Add($"{type.FullName} has no [GrainType].");
            return;
        }

        var block = $"grain {((IGrainTypeProviderAttribute)name).GetGrainType(null!, type)}";
        var faces = type.GetInterfaces().Where(face => typeof(IAddressable).IsAssignableFrom(face) && face.Namespace?.StartsWith("Orleans.", StringComparison.Ordinal) == false && face.Namespace != "Orleans");
        _contract.Add(block, null, string.Join(", ", faces.Select(AliasOf).Order(StringComparer.Ordinal)), version);
        foreach (var parameter in type.GetConstructors(Own).SelectMany(constructor => constructor.GetParameters()))
        {
            if (parameter.GetCustomAttribute<PersistentStateAttribute>() is { } state)
            {
                var kept = parameter.ParameterType.GenericTypeArguments[0];
                _contract.Add(block, $"state {state.StateName}", $"{Stored(kept)} in {state.StorageName}", version);
            }
        }

        if (typeof(IRemindable).IsAssignableFrom(type))
        {
            foreach (var reminder in type.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public).Where(field => field is { IsLiteral: true } && field.FieldType == typeof(string)))
            {
                _contract.Add(block, $"reminder {reminder.GetRawConstantValue()}", "reminder", version);
            }
        }
    }

    /// <summary>Something that is stored: Orleans' storage writes JSON unless it is told otherwise, with the names of types and properties.</summary>
    private string Stored(Type type)
    {
        var name = $"{type.FullName}, {type.Assembly.GetName().Name}";
        if (_stored.Add(type))
        {
            _contract.Add($"stored {name}", null, "JSON", version);
            foreach (var property in type.GetProperties(BindingFlags.Instance | BindingFlags.Public).Where(property => property.GetMethod is not null && property.GetIndexParameters().Length == 0))
            {
                _contract.Add($"stored {name}", property.Name, NameOf(property.PropertyType), version);
                foreach (var part in PartsOf(property.PropertyType).Where(part => part.Namespace?.StartsWith("OrleansTagCache", StringComparison.Ordinal) == true && !part.IsEnum))
                {
                    Stored(part);
                }
            }
        }

        return name;
    }

    private void Enum(Type type)
    {
        if (!_enums.Add(type))
        {
            return;
        }

        var block = $"enum {EnumName(type)}";
        _contract.Add(block, null, System.Enum.GetUnderlyingType(type).Name, version);
        foreach (var value in type.GetFields(BindingFlags.Static | BindingFlags.Public))
        {
            _contract.Add(block, Convert.ToString(value.GetRawConstantValue(), CultureInfo.InvariantCulture)!, value.Name, version);
        }
    }

    /// <summary>The name of a type, as the other side knows it.</summary>
    private string NameOf(Type type)
    {
        if (type.IsArray)
        {
            return $"{NameOf(type.GetElementType()!)}[]";
        }

        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            return $"{NameOf(value)}?";
        }

        if (type.IsGenericType)
        {
            return $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GenericTypeArguments.Select(NameOf))}>";
        }

        if (type.Namespace?.StartsWith("OrleansTagCache", StringComparison.Ordinal) != true)
        {
            return type.Name;
        }

        if (type.IsEnum)
        {
            Enum(type);
            return EnumName(type);
        }

        if (!type.IsInterface && !type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false))
        {
            Faults.Add($"{type.FullName} has no [GenerateSerializer].");
        }

        return AliasOf(type);
    }

    /// <summary>An enum that is only a member travels as its number; one that is a response, or in an array, needs an alias like any other type.</summary>
    private static string EnumName(Type type) => type.GetCustomAttribute<AliasAttribute>()?.Alias ?? type.Name;

    private string AliasOf(Type type) => AliasOf(type, type.FullName!);

    private string AliasOf(MemberInfo member, string name)
    {
        if (member.GetCustomAttribute<AliasAttribute>(inherit: false) is { } alias)
        {
            return alias.Alias;
        }

        var fault = $"{name} has no [Alias].";
        if (!Faults.Contains(fault))
        {
            Faults.Add(fault);
        }

        return name;
    }

    private static IEnumerable<FieldInfo> MembersOf(Type type) =>
        type.GetFields(Own).Where(field => !field.IsDefined(typeof(CompilerGeneratedAttribute)) || field.Name.EndsWith(">k__BackingField", StringComparison.Ordinal));

    private static IEnumerable<Type> PartsOf(Type type) =>
        type.IsArray ? PartsOf(type.GetElementType()!) : type.IsGenericType ? type.GenericTypeArguments.SelectMany(PartsOf) : [type];
}
