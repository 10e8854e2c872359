using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using OrleansTagCache.Http.Messages;

namespace OrleansTagCache.Http.Endpoints;

/// <summary>The OpenAPI document as text. It is written once: writing takes milliseconds, and anyone who reaches the port may ask for it.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class OpenApiText([FromKeyedServices(OpenApiText.Document)] IOpenApiDocumentProvider documents)
{
    /// <summary>The name of the document, beside those of the application.</summary>
    public const string Document = "tagcache";

    public const string Path = "/openapi/v1.json";

    private const string AccessKey = "accessKey";

    private readonly Lazy<Task<byte[]>> _text = new(() => Write(documents));

    public async Task<IResult> Get() => PiecesAnswer.Of(await _text.Value, "application/json; charset=utf-8");

    /// <summary>The document has the endpoints of the API and no others.</summary>
    public static void Configure(OpenApiOptions options)
    {
        options.ShouldInclude = endpoint => endpoint.GroupName == Document;
        options.AddDocumentTransformer((document, _, _) =>
        {
            Describe(document);
            return Task.CompletedTask;
        });
    }

    /// <summary>What the document says beside its paths.</summary>
    private static void Describe(OpenApiDocument document)
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
            Description = "A key that 'keys create' made. A silo without keys answers its own machine alone, if it is allowed to, and needs none.",
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
