using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using OrleansTagCache.Generators.Models;

namespace OrleansTagCache.Generators.Reading;

/// <summary>Reads a method that has the attribute: what is to be written, or all that is wrong.</summary>
internal sealed class MethodReader
{
    private readonly IMethodSymbol _method;
    private readonly MethodDeclarationSyntax _syntax;
    private readonly Settings _settings;
    private readonly AttributeData _attribute;
    private readonly KnownTypes _known;
    private readonly List<Finding> _findings = [];

    private MethodReader(GeneratorAttributeSyntaxContext context)
    {
        (_method, _syntax, _attribute) = ((IMethodSymbol)context.TargetSymbol, (MethodDeclarationSyntax)context.TargetNode, context.Attributes[0]);
        (_settings, _known) = (new(_attribute), new(context.SemanticModel.Compilation));
    }

    public static ReadMethod Read(GeneratorAttributeSyntaxContext context, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new MethodReader(context).Read();
    }

    private string BodyName => _settings.Body ?? BodyFinder.NameFor(_method.Name);

    private ReadMethod Read()
    {
        foreach (var (setting, fault) in _settings.Faults())
        {
            RefuseAt(AttributeLocation(), CachedDiagnostics.WrongSetting, setting, fault);
        }

        // Without these there is no sense in the rest.
        var value = Value();
        if (!IsPartial() | !IsInPartialType() || value is null)
        {
            return Refused();
        }

        var parts = Parts();
        var ofKey = _method.Parameters.Where(IsOfKey).ToList();
        var (tags, hasTemplates) = Tags(ofKey);
        var cache = Cache();
        var body = new BodyFinder(_method, value, ofKey, _known).Find(BodyName, Refuse);
        var name = KeyName(ofKey);
        if (_findings.Count > 0 || cache is null || body is null)
        {
            return Refused();
        }

        var types = Types().ToList();
        return new(
            new CachedMethod
            {
                FileName = $"{FileNamed(Names.Key(_method.ContainingType))}.{_method.Name}.{Hash(Signature()).ToString("x8", CultureInfo.InvariantCulture)}.g.cs",
                Namespace = _method.ContainingType.ContainingNamespace is { IsGlobalNamespace: false } space ? space.ToDisplayString() : null,
                Types = new(types.Select(type => $"partial {Kind(type)} {Names.Own(type)}")),
                Declaration = $"{string.Join(" ", _syntax.Modifiers.Select(modifier => modifier.Text))} {Names.Declaration(_method)}",
                ReturnsTask = KnownTypes.Same(_method.ReturnType.OriginalDefinition, _known.Task),
                Value = Names.Code(((INamedTypeSymbol)_method.ReturnType).TypeArguments[0]),
                Cache = cache,
                KeyName = name,
                TypeParameters = new(types.SelectMany(type => type.TypeParameters).Concat(_method.TypeParameters).Select(parameter => Names.Escaped(parameter.Name))),
                Parts = new(parts),
                Tags = new(tags),
                HasTemplates = hasTemplates,
                Life = _settings.Life,
                Options = new(_settings.Options()),
                Cancellation = _method.Parameters.FirstOrDefault(IsCancellation) is { } token ? Names.Escaped(token.Name) : null,
                Body = body,
            },
            new([]),
            new(name, $"{_method.ContainingType.Name}.{_method.Name}", Place.Of(_syntax.Identifier.GetLocation())));
    }

    private ReadMethod Refused() => new(null, new(_findings), null);

    private bool IsPartial()
    {
        if (_syntax is { Body: null, ExpressionBody: null } && _syntax.Modifiers.Any(SyntaxKind.PartialKeyword) && _method.PartialImplementationPart is null)
        {
            return true;
        }

        Refuse(CachedDiagnostics.NotPartial, [_method.Name, BodyName]);
        return false;
    }

    private bool IsInPartialType()
    {
        foreach (var type in Types())
        {
            var fault = type switch
            {
                { TypeKind: not (TypeKind.Class or TypeKind.Struct) } => "it is no class, record or struct",
                { IsRefLikeType: true } => "it is a ref struct",
                { IsFileLocal: true } => "it is local to its file",
                _ when type.DeclaringSyntaxReferences.Any(reference => reference.GetSyntax() is TypeDeclarationSyntax declaration && !declaration.Modifiers.Any(SyntaxKind.PartialKeyword)) => "it is not partial",
                _ => null,
            };
            if (fault is not null)
            {
                Refuse(CachedDiagnostics.WrongType, [type.Name, fault]);
                return false;
            }
        }

        return true;
    }

    /// <summary>The type of the value.</summary>
    private ITypeSymbol? Value()
    {
        if (_method.ReturnType is not INamedTypeSymbol { TypeArguments.Length: 1 } returned
            || !(KnownTypes.Same(returned.OriginalDefinition, _known.Task) || KnownTypes.Same(returned.OriginalDefinition, _known.ValueTask)))
        {
            RefuseAt(_syntax.ReturnType.GetLocation(), CachedDiagnostics.NotAsynchronous, _method.Name, Names.Said(_method.ReturnType));
            return null;
        }

        var value = returned.TypeArguments[0];
        if (value.TypeKind == TypeKind.Delegate || Bases(value).Concat(value.AllInterfaces).Any(type => type.OriginalDefinition.ToDisplayString() is
            "System.IO.Stream" or "System.Linq.IQueryable" or "System.Collections.Generic.IAsyncEnumerable<T>" or "System.Threading.Tasks.Task" or "System.Linq.Expressions.Expression"))
        {
            RefuseAt(_syntax.ReturnType.GetLocation(), CachedDiagnostics.NotAValue, _method.Name, Names.Said(value));
            return null;
        }

        return value;
    }

    private List<KeyMember> Parts()
    {
        var (parts, tokens) = (new List<KeyMember>(), 0);
        foreach (var parameter in _method.Parameters)
        {
            if (parameter.RefKind != RefKind.None || parameter.Type.IsRefLikeType)
            {
                RefuseAt(Location(parameter), CachedDiagnostics.ByReference, parameter.Name);
            }
            else if (IsCancellation(parameter))
            {
                if (++tokens == 2)
                {
                    Refuse(CachedDiagnostics.SeveralTokens, [_method.Name]);
                }
            }
            else if (IsOfKey(parameter))
            {
                if (new KeyPartReader(_known, _method.ContainingType).Read(parameter.Type, out var fault) is { } part)
                {
                    parts.Add(new(Names.Escaped(parameter.Name), part));
                }
                else
                {
                    RefuseAt(Location(parameter), CachedDiagnostics.NotAKey, parameter.Name, fault!);
                }
            }
        }

        return parts;
    }

    private (List<string> Tags, bool HasTemplates) Tags(IReadOnlyList<IParameterSymbol> ofKey)
    {
        var (tags, hasTemplates) = (new List<string>(), false);
        foreach (var tag in _settings.Tags)
        {
            if (TagTemplate.Read(tag, ofKey, _known, _method.ContainingType, out var hasHoles, out var fault) is { } code)
            {
                tags.Add(code);
                hasTemplates |= hasHoles;
            }
            else
            {
                RefuseAt(AttributeLocation(), CachedDiagnostics.WrongTag, tag, fault!);
            }
        }

        return (tags, hasTemplates);
    }

    private string? Cache()
    {
        var found = CacheFinder.Find(_method, _settings.Cache, _known);
        if (found.Count == 0)
        {
            Refuse(CachedDiagnostics.NoCache, [_method.Name, _settings.Cache is { } name
                ? $"'{name}' is no field, property or parameter of type ITagCache that it can use"
                : $"add a {(_method.IsStatic ? "parameter" : "field, a parameter of the primary constructor, or a parameter of the method")} of type ITagCache"]);
        }
        else if (found.Count > 1)
        {
            Refuse(CachedDiagnostics.SeveralCaches, [_method.Name, string.Join(" and ", found.Select(one => $"'{one}'"))]);
        }

        return found.Count == 1 ? found[0] : null;
    }

    /// <summary>Everything before the arguments. Without a name of its own, overloads differ by the types of what is part of the key.</summary>
    private string KeyName(IEnumerable<IParameterSymbol> ofKey)
    {
        var name = _settings.Key ?? $"{Names.Key(_method.ContainingType)}.{_method.Name}{(_method.Arity == 0 ? string.Empty : $"<{string.Join(",", _method.TypeParameters.Select(parameter => parameter.Name))}>")}"
            + $"({string.Join(",", ofKey.Select(parameter => Names.Key(parameter.Type).Replace(" ", string.Empty)))})";
        return _settings.Version == 0 ? name : $"{name}#{_settings.Version.ToString(CultureInfo.InvariantCulture)}";
    }

    private string Signature() => $"{_method.Arity}({string.Join(",", _method.Parameters.Select(parameter => Names.Key(parameter.Type)))})";

    private Stack<INamedTypeSymbol> Types()
    {
        var types = new Stack<INamedTypeSymbol>();
        for (var type = _method.ContainingType; type is not null; type = type.ContainingType)
        {
            types.Push(type);
        }

        return types;
    }

    private bool IsOfKey(IParameterSymbol parameter) =>
        !IsCancellation(parameter) && !_known.IsCache(parameter.Type) && !parameter.GetAttributes().Any(attribute => KnownTypes.Same(attribute.AttributeClass, _known.NotInKey));

    private bool IsCancellation(IParameterSymbol parameter) => KnownTypes.Same(parameter.Type, _known.CancellationToken);

    private void Refuse(DiagnosticDescriptor descriptor, string[] arguments) => RefuseAt(_syntax.Identifier.GetLocation(), descriptor, arguments);

    private void RefuseAt(Location location, DiagnosticDescriptor descriptor, params string[] arguments) => _findings.Add(new(descriptor.Id, Place.Of(location), new(arguments)));

    private Location AttributeLocation() => _attribute.ApplicationSyntaxReference?.GetSyntax() is { } syntax ? syntax.GetLocation() : _syntax.Identifier.GetLocation();

    private static Location Location(IParameterSymbol parameter) => parameter.Locations[0];

    private static IEnumerable<ITypeSymbol> Bases(ITypeSymbol type)
    {
        for (var part = type; part is not null; part = part.BaseType)
        {
            yield return part;
        }
    }

    private static string Kind(INamedTypeSymbol type) => (type.IsRecord, type.TypeKind) switch
    {
        (true, TypeKind.Struct) => "record struct",
        (true, _) => "record",
        (_, TypeKind.Struct) => "struct",
        _ => "class",
    };

    private static string FileNamed(string type) => type.Replace('<', '{').Replace('>', '}').Replace(" ", string.Empty);

    /// <summary>Tells overloads apart in the names of files. It is the same in every run.</summary>
    private static uint Hash(string text)
    {
        var hash = 2_166_136_261;
        foreach (var unit in text)
        {
            hash = unchecked((hash ^ unit) * 16_777_619);
        }

        return hash;
    }
}
