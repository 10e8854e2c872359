using Microsoft.CodeAnalysis;
using OrleansTagCache.Generators.Models;

namespace OrleansTagCache.Generators.Reading;

/// <summary>
/// Finds how values of a type are written into a key. It refuses what it cannot know whole: a value of two states that is written as one would be given the other's entry.
/// </summary>
internal sealed class KeyPartReader(KnownTypes known, INamedTypeSymbol within)
{
    /// <summary>Types that are formatted without loss, and the format if it is not the usual one.</summary>
    private static readonly Dictionary<string, string?> Formatted = new()
    {
        ["System.Int128"] = null,
        ["System.UInt128"] = null,
        ["System.Half"] = null,
        ["System.Guid"] = null,
        ["System.TimeSpan"] = null,
        ["System.Numerics.BigInteger"] = null,
        ["System.DateTimeOffset"] = "O",
        ["System.DateOnly"] = "O",
        ["System.TimeOnly"] = "O",
    };

    private static readonly string[] Lists =
    [
        "System.Collections.Generic.List<T>", "System.Collections.Generic.IList<T>", "System.Collections.Generic.IReadOnlyList<T>", "System.Collections.Immutable.ImmutableArray<T>",
        "System.Collections.Immutable.ImmutableList<T>", "System.Collections.ObjectModel.ReadOnlyCollection<T>",
    ];

    /// <summary>How the compiler ends the name of the field behind a property.</summary>
    private const string BackingField = ">k__BackingField";

    private readonly List<ITypeSymbol> _open = [];

    /// <summary>Returns how it is written, or null and the reason why it cannot be.</summary>
    public KeyPart? Read(ITypeSymbol type, out string? fault)
    {
        fault = null;
        if (type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable)
        {
            return Read(nullable.TypeArguments[0], out fault) is { } value ? new OptionalPart(value) : null;
        }

        if (IsKeyPart(type))
        {
            return new PlainPart(After: type.IsValueType ? ".ToKeyPart()" : "?.ToKeyPart()");
        }

        return (KeyPart?)Simple(type) ?? List(type, ref fault) ?? (fault is null ? Members(type, out fault) : null);
    }

    /// <summary>Whether a value is one text that interpolation writes as people would write it.</summary>
    public static bool IsSimple(ITypeSymbol type) =>
        Simple(type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable ? nullable.TypeArguments[0] : type) is not null;

    private static PlainPart? Simple(ITypeSymbol type)
    {
        if (type is INamedTypeSymbol { TypeKind: TypeKind.Enum, EnumUnderlyingType: { } number })
        {
            return new PlainPart(Before: $"({Names.Code(number)})");
        }

        switch (type.SpecialType)
        {
            case SpecialType.System_String or SpecialType.System_Boolean or SpecialType.System_Char or SpecialType.System_SByte or SpecialType.System_Byte or SpecialType.System_Int16
                or SpecialType.System_UInt16 or SpecialType.System_Int32 or SpecialType.System_UInt32 or SpecialType.System_Int64 or SpecialType.System_UInt64 or SpecialType.System_Decimal
                or SpecialType.System_Single or SpecialType.System_Double:
                return new PlainPart();
            case SpecialType.System_DateTime:
                return new PlainPart("O");
        }

        var name = type.ToDisplayString();
        return name.TrimEnd('?') switch
        {
            "System.Uri" => new PlainPart(After: "?.OriginalString"),
            "System.Version" => new PlainPart(After: "?.ToString()"),
            var other => Formatted.TryGetValue(other, out var format) ? new PlainPart(format) : null,
        };
    }

    private SequencePart? List(ITypeSymbol type, ref string? fault)
    {
        if (type is IArrayTypeSymbol array)
        {
            if (!array.IsSZArray)
            {
                fault = $"'{Names.Said(type)}' has several dimensions";
                return null;
            }

            return Read(array.ElementType, out fault) is { } item ? new SequencePart(item, " is null") : null;
        }

        if (type is not INamedTypeSymbol { TypeArguments.Length: 1 } named || Array.IndexOf(Lists, named.OriginalDefinition.ToDisplayString()) < 0)
        {
            return null;
        }

        return Read(named.TypeArguments[0], out fault) is { } part ? new SequencePart(part, type.IsValueType ? ".IsDefault" : " is null") : null;
    }

    /// <summary>A tuple, a struct or a sealed record is its fields, if the method may read each of them.</summary>
    private KeyPart? Members(ITypeSymbol type, out string? fault)
    {
        fault = type switch
        {
            { TypeKind: TypeKind.TypeParameter } => $"'{type.Name}' may be any type",
            { TypeKind: TypeKind.Interface or TypeKind.Delegate or TypeKind.Dynamic or TypeKind.Pointer or TypeKind.FunctionPointer } => $"the state of '{Names.Said(type)}' is not known",
            { TypeKind: TypeKind.Class, IsRecord: false } => $"'{Names.Said(type)}' is a class, whose identity is not its state",
            { TypeKind: TypeKind.Class, IsSealed: false } => $"the record '{Names.Said(type)}' is not sealed: one that derives from it may have more state",
            { TypeKind: TypeKind.Class } when !SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, known.Compilation.Assembly) =>
                $"the record '{Names.Said(type)}' is a class of another assembly, whose private state is not seen; a record struct is",
            { TypeKind: TypeKind.Struct, ContainingNamespace: var space } when type is { IsTupleType: false } && $"{space}".StartsWith("System", StringComparison.Ordinal) => $"'{Names.Said(type)}' has no form in a key",
            { TypeKind: not (TypeKind.Class or TypeKind.Struct) } => $"'{Names.Said(type)}' has no form in a key",
            _ when _open.Contains(type, SymbolEqualityComparer.Default) => $"'{Names.Said(type)}' contains itself",
            _ => null,
        };
        if (fault is not null)
        {
            return null;
        }

        _open.Add(type);
        try
        {
            var members = new List<KeyMember>();
            for (var part = type; part is { SpecialType: not (SpecialType.System_Object or SpecialType.System_ValueType) }; part = part.BaseType!)
            {
                foreach (var field in Fields(part))
                {
                    var member = Reader(field);
                    if (member is null || !known.Compilation.IsSymbolAccessibleWithin(member, within) || members.Exists(other => other.Name == Names.Escaped(member.Name)))
                    {
                        fault = $"'{Names.Said(type)}' has the state '{member?.Name ?? field.Name}', which cannot be read here";
                        return null;
                    }

                    if (Read(field.Type, out fault) is not { } value)
                    {
                        return null;
                    }

                    members.Add(new(Names.Escaped(member.Name), value));
                }
            }

            if (members.Count == 0)
            {
                fault = $"'{Names.Said(type)}' has no state";
                return null;
            }

            var all = new MembersPart(new(members));
            return type.IsValueType ? all : new OptionalPart(all);
        }
        finally
        {
            _open.RemoveAt(_open.Count - 1);
        }
    }

    private static IEnumerable<IFieldSymbol> Fields(ITypeSymbol type) => type is INamedTypeSymbol { IsTupleType: true } tuple
        ? tuple.TupleElements
        : type.GetMembers().OfType<IFieldSymbol>().Where(field => !field.IsStatic && !field.IsConst);

    /// <summary>The field itself if it was written, otherwise the property that it stands behind.</summary>
    private static ISymbol? Reader(IFieldSymbol field) => field.Name.Length > 0 && field.Name[0] == '<'
        ? field.Name.EndsWith(BackingField, StringComparison.Ordinal)
            ? field.ContainingType.GetMembers(field.Name.Substring(1, field.Name.Length - BackingField.Length - 1)).FirstOrDefault(member => member is IPropertySymbol { GetMethod: not null })
            : null
        : field;

    private bool IsKeyPart(ITypeSymbol type) => known.KeyPart is { } part
        && (KnownTypes.Same(type, part) || type.AllInterfaces.Contains(part, SymbolEqualityComparer.Default)
            || (type is ITypeParameterSymbol parameter && parameter.ConstraintTypes.Any(IsKeyPart)));
}
