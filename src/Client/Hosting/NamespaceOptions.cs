using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OrleansTagCache.Hosting;

/// <summary>A namespace that this process has a cache of besides its own.</summary>
/// <param name="Name">The namespace, and the key of its services.</param>
/// <param name="Configure">Changes the options of its cache.</param>
internal sealed record NamespaceRegistration(string Name, Action<TagCacheClientOptions>? Configure);

/// <summary>The options of the further namespaces of a process.</summary>
internal interface INamespaceOptions
{
    /// <summary>Those of one namespace.</summary>
    TagCacheClientOptions Of(string name);
}

/// <summary>The options of the further namespaces of a process: those of the process, then what the code of the namespace says, in whichever order they were registered.</summary>
/// <typeparam name="TOptions">A client's options, or a silo's.</typeparam>
internal sealed class NamespaceOptions<TOptions>(IEnumerable<NamespaceRegistration> added, IServiceProvider services)
    : INamespaceOptions, IPostConfigureOptions<TOptions>, IValidateOptions<TOptions>
    where TOptions : TagCacheClientOptions
{
    public TagCacheClientOptions Of(string name) => services.GetRequiredService<IOptionsMonitor<TOptions>>().Get(name);

    public void PostConfigure(string? name, TOptions options)
    {
        if (added.FirstOrDefault(candidate => candidate.Name == name) is { } registration)
        {
            options.Namespace = registration.Name;
            registration.Configure?.Invoke(options);
        }
    }

    /// <summary>The faults of all namespaces are told with those of the process.</summary>
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        string[] faults = [.. string.IsNullOrEmpty(name) ? added.SelectMany(registration => Faults(registration, options)) : KeptName(name, options)];
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private IEnumerable<string> Faults(NamespaceRegistration registration, TOptions options)
    {
        if (registration.Name == options.Namespace)
        {
            yield return $"{SettingFaults.Setting(nameof(options.Namespace))} is '{options.Namespace}', which AddTagCacheNamespace adds too: a process has one cache of a namespace.";
        }

        foreach (var fault in FaultsOf(registration.Name))
        {
            yield return $"In the namespace '{registration.Name}': {fault}";
        }
    }

    private IEnumerable<string> FaultsOf(string name)
    {
        try
        {
            Of(name);
            return [];
        }
        catch (OptionsValidationException invalid)
        {
            return invalid.Failures;
        }
    }

    private static IEnumerable<string> KeptName(string name, TOptions options) => options.Namespace == name
        ? []
        : [$"{SettingFaults.Setting(nameof(options.Namespace))} must stay the name that AddTagCacheNamespace was given; it is '{options.Namespace}'."];
}
