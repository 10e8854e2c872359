namespace Orleans;

// What the pure types bear for the wire. Nothing is serialized here, so the simulation needs no Orleans.

[AttributeUsage(AttributeTargets.All)]
internal sealed class GenerateSerializerAttribute : Attribute;

[AttributeUsage(AttributeTargets.All)]
internal sealed class ImmutableAttribute : Attribute;

[AttributeUsage(AttributeTargets.All)]
internal sealed class AliasAttribute(string alias) : Attribute
{
    public string Alias => alias;
}

[AttributeUsage(AttributeTargets.All)]
internal sealed class IdAttribute(uint id) : Attribute
{
    public uint Id => id;
}
