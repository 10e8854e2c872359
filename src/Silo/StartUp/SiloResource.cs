using OpenTelemetry.Resources;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Silo.StartUp;

/// <summary>Who exports: <c>service.name</c>, <c>service.version</c>, and the silo as <c>service.instance.id</c>. OpenTelemetry's variables (<c>OTEL_SERVICE_NAME</c>, <c>OTEL_RESOURCE_ATTRIBUTES</c>) are stronger.</summary>
internal sealed class SiloResource(ILocalSiloDetails silo) : IResourceDetector
{
    private const string Name = "tagcache-silo";

    public static void Describe(ResourceBuilder resource) =>
        resource.AddDetector(services => new SiloResource(services.GetRequiredService<ILocalSiloDetails>())).AddEnvironmentVariableDetector();

    public Resource Detect() =>
        ResourceBuilder.CreateEmpty().AddService(Name, serviceVersion: ProtocolVersions.OfThisBuild.Product, serviceInstanceId: silo.SiloAddress.ToParsableString()).Build();
}
