namespace OrleansTagCache.Contracts;

/// <summary>
/// Which type a value was made as, and by which serializer: a digest of names that are the same in every process and every version of a program. Values that other programs
/// than .NET ones stored have none.
/// </summary>
/// <param name="Value">The digest; zero for none.</param>
[GenerateSerializer, Immutable, Alias("otc.TypeMark")]
internal readonly record struct TypeMark([property: Id(0)] long Value)
{
    public static readonly TypeMark None;

    public bool IsNone => Value == 0;
}
