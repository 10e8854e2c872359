using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace OrleansTagCache.Generators.Reading;

/// <summary>Finds the cache of a method: a parameter of its own, else a member of its type or of a base type, else a parameter of the primary constructor.</summary>
internal static class CacheFinder
{
    /// <summary>Returns the expressions that are a cache, from the nearest place that has one; with a name, those of that name.</summary>
    public static IReadOnlyList<string> Find(IMethodSymbol method, string? name, KnownTypes known)
    {
        foreach (var place in new[] { Parameters(method.Parameters), Members(), Primary() })
        {
            var found = place.Where(symbol => name is null || symbol.Name == name).Select(Code).Distinct().ToList();
            if (found.Count > 0)
            {
                return found;
            }
        }

        return [];

        IEnumerable<ISymbol> Parameters(IEnumerable<IParameterSymbol> parameters) => parameters.Where(parameter => known.IsCache(parameter.Type));

        IEnumerable<ISymbol> Members()
        {
            for (var type = method.ContainingType; type is not null; type = type.BaseType)
            {
                foreach (var member in type.GetMembers())
                {
                    var ofType = member switch
                    {
                        IFieldSymbol { IsImplicitlyDeclared: false } field => field.Type,
                        IPropertySymbol { IsIndexer: false, GetMethod: not null } property => property.Type,
                        _ => null,
                    };
                    if (ofType is not null && known.IsCache(ofType) && (member.IsStatic || !method.IsStatic) && !member.IsOverride
                        && known.Compilation.IsSymbolAccessibleWithin(member, method.ContainingType))
                    {
                        yield return member;
                    }
                }
            }
        }

        IEnumerable<ISymbol> Primary() => method.IsStatic
            ? []
            : method.ContainingType.InstanceConstructors
                .Where(constructor => constructor.DeclaringSyntaxReferences.Any(reference => reference.GetSyntax() is TypeDeclarationSyntax))
                .SelectMany(constructor => Parameters(constructor.Parameters));

        string Code(ISymbol symbol) => symbol switch
        {
            IParameterSymbol => Names.Escaped(symbol.Name),
            { IsStatic: true } => $"{Names.Code(symbol.ContainingType)}.{Names.Escaped(symbol.Name)}",
            _ => $"this.{Names.Escaped(symbol.Name)}",
        };
    }
}
