using System.Text.RegularExpressions;
using OrleansTagCache.Hosting;
using OrleansTagCache.Http.Hooks;
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
public sealed partial class WebhookOptions
{
    private const int SecretLength = 32;
    private const int MaximumSecrets = 4;

    /// <summary>The secrets that calls are signed with, each of at least 32 characters; several while one is replaced. 1 to 4.</summary>
    public string[] Secrets { get; set; } = [];

    /// <summary>The namespace of the tags. Default <c>default</c>.</summary>
    public string Namespace { get; set; } = CacheNamespace.Default.Value;

    /// <summary>What a call does. Default <see cref="WebhookAction.Update"/>.</summary>
    public WebhookAction Action { get; set; }

    /// <summary>The profile of a revalidation; without one it is immediate.</summary>
    public string? Profile { get; set; }

    /// <summary>The tags: text with parts such as <c>{/product/id}</c> that are taken from the body. 1 to 128.</summary>
    public string[] Tags { get; set; } = [];

    /// <summary>The header with the time of the call, in seconds since 1970. Default <c>Tag-Cache-Timestamp</c>.</summary>
    public string TimestampHeader { get; set; } = "Tag-Cache-Timestamp";

    /// <summary>The header with the signatures. Default <c>Tag-Cache-Signature</c>.</summary>
    public string SignatureHeader { get; set; } = "Tag-Cache-Signature";

    internal IEnumerable<string> Faults(string name, CacheLifeProfiles profiles)
    {
        var path = $"{TagCacheOptions.Section}:Hooks:{name}";
        if (!Name().IsMatch(name))
        {
            yield return $"{path}: the name of a hook has 1 to 64 of a-z, 0-9 and '-'.";
        }

        if (Secrets.Length is 0 or > MaximumSecrets || Secrets.Any(secret => secret.Length < SecretLength))
        {
            yield return $"{path}:Secrets must be 1 to {MaximumSecrets} texts of at least {SecretLength} characters.";
        }

        if (NameRules.Fault("namespace", Namespace, NameLimits.NamespaceLength) is { } fault)
        {
            yield return $"{path}:Namespace: {fault}";
        }

        if (!Header().IsMatch(TimestampHeader) || !Header().IsMatch(SignatureHeader))
        {
            yield return $"{path}:TimestampHeader and SignatureHeader must be names of headers.";
        }

        foreach (var other in TagFaults().Concat(ProfileFaults(profiles)))
        {
            yield return $"{path}:{other}";
        }
    }

    private IEnumerable<string> TagFaults()
    {
        if (Tags.Length is 0 or > NameLimits.TagsPerCall)
        {
            yield return $"Tags must be 1 to {NameLimits.TagsPerCall} texts.";
        }

        foreach (var tag in Tags)
        {
            if (TagTemplate.Fault(tag) is { } fault)
            {
                yield return $"Tags: '{tag}' cannot be used: {fault}";
            }
        }
    }

    private IEnumerable<string> ProfileFaults(CacheLifeProfiles profiles)
    {
        if (Profile is null)
        {
            yield break;
        }

        if (Action != WebhookAction.Revalidate)
        {
            yield return "Profile is of revalidations; this hook updates.";
        }

        if (FaultOfProfile(Profile, profiles) is { } fault)
        {
            yield return $"Profile: {fault}";
        }
    }

    private static string? FaultOfProfile(string profile, CacheLifeProfiles profiles)
    {
        try
        {
            profiles.Named(profile, nameof(profile));
            return null;
        }
        catch (ArgumentException exception)
        {
            return exception.Message;
        }
    }

    [GeneratedRegex("^[a-z0-9-]{1,64}$")]
    private static partial Regex Name();

    [GeneratedRegex("^[A-Za-z0-9-]{1,64}$")]
    private static partial Regex Header();
}
