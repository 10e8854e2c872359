using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace OrleansTagCache.Generators.Reading;

/// <summary>A tag with parameters in braces, as the code that makes it.</summary>
internal static class TagTemplate
{
    private const int LongestTag = 256;

    /// <summary>Returns the expression and whether it has parameters, or null and the reason why it is no tag.</summary>
    public static string? Read(string template, IReadOnlyList<IParameterSymbol> ofKey, KnownTypes known, INamedTypeSymbol within, out bool hasHoles, out string? fault)
    {
        var (code, text) = (new StringBuilder(), new StringBuilder());
        (hasHoles, fault) = (false, null);
        for (var i = 0; i < template.Length; i++)
        {
            var unit = template[i];
            if (unit is '{' or '}' && i + 1 < template.Length && template[i + 1] == unit)
            {
                text.Append(unit);
                code.Append(unit, 2);
                i++;
            }
            else if (unit == '{' && template.IndexOf('}', i) is var end && end > i)
            {
                if (Hole(template.Substring(i + 1, end - i - 1), ofKey, known, within, out fault) is not { } hole)
                {
                    return null;
                }

                code.Append('{').Append(hole).Append('}');
                hasHoles = true;
                i = end;
            }
            else if (unit is '{' or '}')
            {
                fault = $"the brace at unit {i} has no partner; write two for a brace in the tag";
                return null;
            }
            else
            {
                text.Append(unit);
                code.Append(Escaped(unit));
            }
        }

        fault = Fault(text.ToString(), hasHoles);
        return fault is not null ? null
            : hasHoles ? $"string.Create(global::System.Globalization.CultureInfo.InvariantCulture, $\"{code}\")" : SymbolDisplay.FormatLiteral(text.ToString(), quote: true);
    }

    private static string? Fault(string text, bool hasHoles)
    {
        if (!hasHoles && text is "" or "*")
        {
            return text.Length == 0 ? "it is empty" : "every entry has the tag * by itself";
        }

        if (text.Length > LongestTag)
        {
            return $"it has {text.Length} UTF-16 units; at most {LongestTag} are allowed";
        }

        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]))
            {
                return $"it has the control character U+{(int)text[i]:X4}";
            }

            if (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[++i])))
            {
                return "it has a lone surrogate";
            }
        }

        return null;
    }

    private static string? Hole(string hole, IReadOnlyList<IParameterSymbol> ofKey, KnownTypes known, INamedTypeSymbol within, out string? fault)
    {
        var colon = hole.IndexOf(':');
        var path = (colon < 0 ? hole : hole.Substring(0, colon)).Split('.');
        var format = colon < 0 ? string.Empty : hole.Substring(colon);
        if (ofKey.FirstOrDefault(parameter => parameter.Name == path[0]) is not { } root)
        {
            fault = $"'{path[0]}' is not a parameter that is part of the key";
            return null;
        }

        if (format.IndexOfAny(['{', '"', '\\', '\r', '\n']) >= 0 || format.Length == 1)
        {
            fault = $"'{hole}' has no format that can be used";
            return null;
        }

        var (code, type) = (new StringBuilder(Names.Escaped(root.Name)), root.Type);
        foreach (var name in path.Skip(1))
        {
            var ofValue = type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable ? nullable.TypeArguments[0] : type;
            var member = Bases(ofValue).SelectMany(part => part.GetMembers(name)).FirstOrDefault(member => !member.IsStatic && member is IPropertySymbol or IFieldSymbol);
            if (member is null || !known.Compilation.IsSymbolAccessibleWithin(member, within))
            {
                fault = $"'{Names.Said(type)}' has no property '{name}'";
                return null;
            }

            code.Append(type.IsReferenceType || !ReferenceEquals(ofValue, type) ? "?." : ".").Append(Names.Escaped(name));
            type = member is IPropertySymbol property ? property.Type : ((IFieldSymbol)member).Type;
        }

        if (!KeyPartReader.IsSimple(type))
        {
            fault = $"'{string.Join(".", path)}' is a '{Names.Said(type)}', which is not one text; name a property of it, or add the tags in the body";
            return null;
        }

        fault = null;
        return code.Append(format).ToString();
    }

    private static IEnumerable<ITypeSymbol> Bases(ITypeSymbol type)
    {
        for (var part = type; part is not null; part = part.BaseType)
        {
            yield return part;
        }
    }

    private static string Escaped(char unit)
    {
        var literal = SymbolDisplay.FormatLiteral(unit.ToString(), quote: true);
        return literal.Substring(1, literal.Length - 2);
    }
}
