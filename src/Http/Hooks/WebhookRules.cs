using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using OrleansTagCache.Names;

namespace OrleansTagCache.Http.Hooks;

/// <summary>What webhooks must be like in the options.</summary>
internal static partial class WebhookRules
{
    private const int SecretLength = 32;
    private const int MaximumSecrets = 4;

    private static readonly WebhookValues Values = new();

    /// <summary>Everything that is wrong with a webhook.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="hook">The webhook.</param>
    /// <param name="profiles">The life profiles that it may name.</param>
    public static IEnumerable<string> Faults(string name, WebhookOptions hook, CacheLifeProfiles profiles)
    {
        var path = $"{TagCacheOptions.Section}:{nameof(TagCacheHttpOptions.Hooks)}:{name}";
        if (!Name().IsMatch(name))
        {
            yield return $"{path}: the name of a hook has 1 to 64 of a-z, 0-9 and '-'.";
        }

        if (hook.Secrets.Length is 0 or > MaximumSecrets || hook.Secrets.Any(secret => secret.Length < SecretLength))
        {
            yield return $"{path}:Secrets must be 1 to {MaximumSecrets} texts of at least {SecretLength} characters.";
        }

        if (NameRules.Fault("namespace", hook.Namespace, NameLimits.NamespaceLength) is { } fault)
        {
            yield return $"{path}:Namespace: {fault}";
        }

        if (!Header().IsMatch(hook.TimestampHeader) || !Header().IsMatch(hook.SignatureHeader))
        {
            yield return $"{path}:TimestampHeader and SignatureHeader must be names of headers.";
        }

        foreach (var value in Values.Validate(null, hook).Failures ?? [])
        {
            yield return $"{path}:{value}";
        }

        foreach (var other in TagFaults(hook.Tags).Concat(ProfileFaults(hook, profiles)))
        {
            yield return $"{path}:{other}";
        }
    }

    private static IEnumerable<string> TagFaults(string[] tags)
    {
        if (tags.Length is 0 or > NameLimits.TagsPerCall)
        {
            yield return $"Tags must be 1 to {NameLimits.TagsPerCall} texts.";
        }

        foreach (var tag in tags)
        {
            if (TagTemplate.Fault(tag) is { } fault)
            {
                yield return $"Tags: '{tag}' cannot be used: {fault}";
            }
        }
    }

    private static IEnumerable<string> ProfileFaults(WebhookOptions hook, CacheLifeProfiles profiles)
    {
        if (hook.Profile is null)
        {
            yield break;
        }

        if (hook.Action != WebhookAction.Revalidate)
        {
            yield return "Profile applies only to revalidations, but the action of this hook is Update.";
        }

        if (FaultOfProfile(hook.Profile, profiles) is { } fault)
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

    [GeneratedRegex(@"\A[a-z0-9-]{1,64}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Name();

    [GeneratedRegex(@"\A[A-Za-z0-9-]{1,64}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Header();
}

/// <summary>The rules that the attributes of the options state.</summary>
[OptionsValidator]
internal sealed partial class WebhookValues : IValidateOptions<WebhookOptions>;
