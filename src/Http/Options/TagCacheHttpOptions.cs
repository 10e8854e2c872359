namespace OrleansTagCache.Http;

/// <summary>The options of the HTTP API: parts of the section <c>TagCache</c> of the configuration, then <c>AddTagCacheHttp(o => ...)</c>.</summary>
public sealed class TagCacheHttpOptions
{
    /// <summary>Who may call it. Keys that are added to the configuration, or to the file, while the process runs are taken over without a restart.</summary>
    public ApiAccessOptions Access { get; set; } = new();

    /// <summary>What callers may take of this silo.</summary>
    public HttpLimitOptions Limits { get; set; } = new();

    /// <summary>The operators' page.</summary>
    public UiOptions Ui { get; set; } = new();

    /// <summary>The webhooks by their names, of 1 to 64 of a-z, 0-9 and '-'. Default none.</summary>
    public Dictionary<string, WebhookOptions> Hooks { get; set; } = new(StringComparer.Ordinal);
}
