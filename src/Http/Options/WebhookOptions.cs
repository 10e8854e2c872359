using OrleansTagCache.Names;

namespace OrleansTagCache.Http;

/// <summary>What a webhook does.</summary>
public enum WebhookAction
{
    /// <summary>Its tags expire in every process.</summary>
    Update = 0,

    /// <summary>Its tags become stale.</summary>
    Revalidate = 1,
}

/// <summary>One webhook, <c>TagCache:Hooks:NAME</c>: who may call it, and which tags its calls update or revalidate.</summary>
public sealed class WebhookOptions
{
    /// <summary>The secrets that calls are signed with, each of at least 32 characters; several while one is replaced. 1 to 4.</summary>
    public string[] Secrets { get; set; } = [];

    /// <summary>The namespace of the tags. Default <c>default</c>.</summary>
    public string Namespace { get; set; } = CacheNamespace.Default.Value;

    /// <summary>What a call does. Default <see cref="WebhookAction.Update"/>.</summary>
    [KnownValue]
    public WebhookAction Action { get; set; }

    /// <summary>The profile of a revalidation; without one, dependents expire at once.</summary>
    public string? Profile { get; set; }

    /// <summary>The tags: text with parts such as <c>{/product/id}</c> that are taken from the body. 1 to 128.</summary>
    public string[] Tags { get; set; } = [];

    /// <summary>The header with the time of the call, in seconds since 1970. Default <c>Tag-Cache-Timestamp</c>.</summary>
    public string TimestampHeader { get; set; } = "Tag-Cache-Timestamp";

    /// <summary>The header with the signatures. Default <c>Tag-Cache-Signature</c>.</summary>
    public string SignatureHeader { get; set; } = "Tag-Cache-Signature";
}
