using Orleans.Metadata;

namespace OrleansTagCache.Contracts;

/// <summary>
/// Marks a grain class no two calls of which depend on their order: clients send them through their gateways in turn, so that a repeat does
/// not meet the gateway again that lost the first.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ThroughAnyGatewayAttribute : Attribute, IGrainPropertiesProviderAttribute
{
    public void Populate(IServiceProvider services, Type grainClass, GrainType grainType, Dictionary<string, string> properties) =>
        properties[WellKnownGrainTypeProperties.Unordered] = "true";
}
