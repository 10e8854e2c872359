using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OrleansTagCache.Hosting;

/// <summary>
/// A silo's options are those of its cache too. Code that the application registers for <see cref="TagCacheClientOptions"/>, as it may in a client, changes and checks the silo's. Whatever asks for them, by any name, gets
/// the silo's.
/// </summary>
internal sealed class ClientOptionsInSilo(
    IEnumerable<IConfigureOptions<TagCacheClientOptions>> code,
    IEnumerable<IPostConfigureOptions<TagCacheClientOptions>> lateCode,
    IEnumerable<IValidateOptions<TagCacheClientOptions>> checks) : IConfigureNamedOptions<TagCacheOptions>, IPostConfigureOptions<TagCacheOptions>, IValidateOptions<TagCacheOptions>
{
    /// <summary>Registers it, to be called before the section is registered: the section goes before it, and code for <see cref="TagCacheOptions"/> after.</summary>
    public static void AddTo(IServiceCollection services)
    {
        services.AddSingleton<ClientOptionsInSilo>();
        services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<TagCacheOptions>>(provider => provider.GetRequiredService<ClientOptionsInSilo>()));
        services.AddSingleton<IPostConfigureOptions<TagCacheOptions>>(provider => provider.GetRequiredService<ClientOptionsInSilo>());
        services.AddSingleton<IValidateOptions<TagCacheOptions>>(provider => provider.GetRequiredService<ClientOptionsInSilo>());
        services.AddSingleton<IOptionsFactory<TagCacheClientOptions>, SilosOwn>();
    }

    public void Configure(TagCacheOptions options) => Configure(Options.DefaultName, options);

    public void Configure(string? name, TagCacheOptions options)
    {
        foreach (var step in code)
        {
            if (step is IConfigureNamedOptions<TagCacheClientOptions> named)
            {
                named.Configure(name, options);
            }
            else if (name == Options.DefaultName)
            {
                step.Configure(options);
            }
        }
    }

    public void PostConfigure(string? name, TagCacheOptions options)
    {
        foreach (var step in lateCode)
        {
            step.PostConfigure(name, options);
        }
    }

    public ValidateOptionsResult Validate(string? name, TagCacheOptions options)
    {
        string[] faults = [.. checks.Select(check => check.Validate(name, options)).SelectMany(result => result.Failures ?? [])];
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private sealed class SilosOwn(IOptions<TagCacheOptions> process, IOptionsMonitor<TagCacheOptions> named) : IOptionsFactory<TagCacheClientOptions>
    {
        public TagCacheClientOptions Create(string name) => name == Options.DefaultName ? process.Value : named.Get(name);
    }
}
