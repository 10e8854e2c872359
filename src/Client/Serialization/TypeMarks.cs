using System.Buffers.Binary;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Serialization;
using System.Security.Cryptography;
using System.Text;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Serialization;

/// <summary>
/// Names types for their marks, as they are written in code: with the namespace, without assembly and version. A type with a <c>[DataContract(Name = "...")]</c> goes by that alone, so that
/// it can be renamed, and two programs can have a type each. What is the same JSON, and loses nothing, has the same name: a value and its
/// nullable, the usual sequences of one element, the usual dictionaries; a type that the compiler named is its properties.
/// </summary>
internal static class TypeMarks
{
    private static readonly Type[] Sequences =
        [typeof(List<>), typeof(IList<>), typeof(ICollection<>), typeof(IEnumerable<>), typeof(IReadOnlyList<>), typeof(IReadOnlyCollection<>)];

    private static readonly Type[] Dictionaries = [typeof(Dictionary<,>), typeof(IDictionary<,>), typeof(IReadOnlyDictionary<,>)];

    /// <summary>Of a value that goes as it is, or as JSON.</summary>
    public static TypeMark Of(Type type) => Digest(NameOf(type));

    /// <summary>Of a value that has a serializer of its own: no other one can be trusted to read it.</summary>
    public static TypeMark Of(Type type, Type serializer) => Digest($"{type}\n{serializer}");

    public static string NameOf(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            return NameOf(value);
        }

        if (type.IsArray)
        {
            // Bytes are no list of numbers.
            var element = type.GetElementType()!;
            return element == typeof(byte) ? "byte[]" : type.IsSZArray ? $"[{NameOf(element)}]" : $"{NameOf(element)}[{new string(',', type.GetArrayRank() - 1)}]";
        }

        var arguments = type.IsGenericType ? type.GetGenericArguments().Select(NameOf).ToArray() : [];
        if (type.IsGenericType && Array.IndexOf(Sequences, type.GetGenericTypeDefinition()) >= 0)
        {
            return $"[{arguments[0]}]";
        }

        if (type.IsGenericType && Array.IndexOf(Dictionaries, type.GetGenericTypeDefinition()) >= 0)
        {
            return $"[{arguments[0]}:{arguments[1]}]";
        }

        if (type.Name.StartsWith("<>", StringComparison.Ordinal) && type.IsDefined(typeof(CompilerGeneratedAttribute)))
        {
            return $"{{{string.Join(';', type.GetProperties().Select(property => $"{property.Name}:{NameOf(property.PropertyType)}"))}}}";
        }

        var name = type.GetCustomAttribute<DataContractAttribute>(inherit: false) is { Name: { } named }
            ? named
            : (type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName ?? type.Name;
        return arguments.Length == 0 ? name : $"{name}<{string.Join(',', arguments)}>";
    }

    private static TypeMark Digest(string name) =>
        new(BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name))) is var value and not 0 ? value : 1);
}
