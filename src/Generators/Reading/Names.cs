using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace OrleansTagCache.Generators.Reading;

/// <summary>How symbols are named: in generated code, in keys and to people.</summary>
internal static class Names
{
    private const SymbolDisplayMiscellaneousOptions OfCode =
        SymbolDisplayMiscellaneousOptions.EscapeKeywordIdentifiers | SymbolDisplayMiscellaneousOptions.UseSpecialTypes | SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier;

    /// <summary>The one modifier that comes with a type.</summary>
    private const string ReadOnly = "readonly ";

    private static readonly SymbolDisplayFormat InCode = SymbolDisplayFormat.FullyQualifiedFormat.WithMiscellaneousOptions(OfCode);

    private static readonly SymbolDisplayFormat Declared = new(
        SymbolDisplayGlobalNamespaceStyle.Included,
        SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces,
        SymbolDisplayGenericsOptions.IncludeTypeParameters | SymbolDisplayGenericsOptions.IncludeTypeConstraints,
        SymbolDisplayMemberOptions.IncludeParameters | SymbolDisplayMemberOptions.IncludeType | SymbolDisplayMemberOptions.IncludeRef,
        parameterOptions: SymbolDisplayParameterOptions.IncludeExtensionThis | SymbolDisplayParameterOptions.IncludeModifiers | SymbolDisplayParameterOptions.IncludeType | SymbolDisplayParameterOptions.IncludeName,
        miscellaneousOptions: OfCode);

    private static readonly SymbolDisplayFormat Short = new(
        genericsOptions: SymbolDisplayGenericsOptions.IncludeTypeParameters, miscellaneousOptions: SymbolDisplayMiscellaneousOptions.EscapeKeywordIdentifiers);

    private static readonly SymbolDisplayFormat InKeys = new(
        SymbolDisplayGlobalNamespaceStyle.Omitted,
        SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces,
        SymbolDisplayGenericsOptions.IncludeTypeParameters,
        miscellaneousOptions: SymbolDisplayMiscellaneousOptions.UseSpecialTypes);

    /// <summary>A type, from wherever it is written.</summary>
    public static string Code(ITypeSymbol type) => type.ToDisplayString(InCode);

    /// <summary>A method's return type, name, parameters without defaults, and constraints.</summary>
    public static string Declaration(IMethodSymbol method)
    {
        var declaration = method.ToDisplayString(Declared);
        return declaration.StartsWith(ReadOnly, StringComparison.Ordinal) ? declaration.Substring(ReadOnly.Length) : declaration;
    }

    /// <summary>A type's own name with its type parameters.</summary>
    public static string Own(INamedTypeSymbol type) => type.ToDisplayString(Short);

    /// <summary>A type in a key: with its namespace, without nullability of references.</summary>
    public static string Key(ITypeSymbol type) => type.ToDisplayString(InKeys);

    /// <summary>A type to a person.</summary>
    public static string Said(ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat);

    /// <summary>A name that may be a keyword.</summary>
    public static string Escaped(string name) =>
        SyntaxFacts.GetKeywordKind(name) != SyntaxKind.None || SyntaxFacts.GetContextualKeywordKind(name) != SyntaxKind.None ? $"@{name}" : name;
}
