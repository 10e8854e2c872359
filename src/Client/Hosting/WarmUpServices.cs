using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Names;
using OrleansTagCache.WarmUps;

namespace OrleansTagCache.Hosting;

/// <summary>What adding a warm-up registers, in a client and in a silo alike.</summary>
internal static class WarmUpServices
{
    /// <exception cref="ArgumentException">A name breaks a limit or is taken; or the options do.</exception>
    public static void AddWarmUp(
        this IServiceCollection services, string name, string loader, Func<IServiceProvider, CancellationToken, IAsyncEnumerable<string>> arguments, Action<WarmUpOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        NameRules.Check("warm-up name", name, WarmUpRegistration.NameLength, nameof(name));
        var options = new WarmUpOptions();
        configure?.Invoke(options);
        var faults = new List<ValidationResult>();
        if (!Validator.TryValidateObject(options, new ValidationContext(options), faults, validateAllProperties: true))
        {
            throw new ArgumentException(string.Join(" ", faults.Select(fault => fault.ErrorMessage)), nameof(configure));
        }

        if (services.Any(service => !service.IsKeyedService && service.ImplementationInstance is WarmUpRegistration other && other.Name == name))
        {
            throw new ArgumentException("A warm-up with this name was already added.", nameof(name));
        }

        services.AddCacheRequiredAtStart();
        services.AddSingleton(new WarmUpRegistration(name, LoaderName.Parse(loader, nameof(loader)), arguments, options));
    }

    /// <summary>Arguments that are known beforehand.</summary>
    public static Func<IServiceProvider, CancellationToken, IAsyncEnumerable<string>> Fixed(IEnumerable<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        string[] known = [.. arguments];
        return (_, _) => known.ToAsyncEnumerable();
    }
}
