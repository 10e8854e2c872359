using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace OrleansTagCache.Near;

/// <summary>
/// Which values readers may share: strings, value types without references, and types that are sealed (or values) and say of themselves that
/// they are immutable. The rule is HybridCache's.
/// </summary>
internal static class Sharing<T>
{
    public static readonly bool IsImmutable =
        typeof(T) == typeof(string)
        || !RuntimeHelpers.IsReferenceOrContainsReferences<T>()
        || ((typeof(T).IsSealed || typeof(T).IsValueType)
            && typeof(T).GetCustomAttributes(typeof(ImmutableObjectAttribute), inherit: false) is [ImmutableObjectAttribute { Immutable: true }]);
}
