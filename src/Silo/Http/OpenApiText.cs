using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace OrleansTagCache.Silo.Http;

/// <summary>The OpenAPI document as text. It is written once: to write it takes milliseconds, and whoever reaches the port may ask for it.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class OpenApiText([FromKeyedServices(OpenApiText.Document)] IOpenApiDocumentProvider documents)
{
    public const string Document = "v1";

    public const string Path = $"/openapi/{Document}.json";

    private const string AccessKey = "accessKey";

    private readonly Lazy<Task<byte[]>> _text = new(() => Write(documents));

    public async Task<IResult> Get() => Results.Bytes(await _text.Value, "application/json; charset=utf-8");

    /// <summary>What the document says beside its paths.</summary>
    public static void Describe(OpenApiDocument document)
    {
        document.Info.Title = "OrleansTagCache";
        document.Info.Description = "A tagged cache whose tag updates are strict in every process of the cluster. HEAD is answered wherever GET is; for an entry it takes no token and does not wait.";
        foreach (var path in document.Paths.Values)
        {
            path.Operations?.Remove(HttpMethod.Head);
        }

        document.AddComponent<IOpenApiSecurityScheme>(AccessKey, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "A key that 'keys create' made. A silo without keys needs none, and answers its own machine alone.",
        });
        document.Security = [new() { [new OpenApiSecuritySchemeReference(AccessKey, document)] = [] }];
    }

    private static async Task<byte[]> Write(IOpenApiDocumentProvider documents)
    {
        var document = await documents.GetOpenApiDocumentAsync();
        using var text = new MemoryStream();
        await document.SerializeAsJsonAsync(text, OpenApiSpecVersion.OpenApi3_1);
        return text.ToArray();
    }
}
