using Microsoft.Extensions.Options;
using OrleansTagCache;
using OrleansTagCache.Silo;
using OrleansTagCache.Silo.Clustering.PostgreSql;
using OrleansTagCache.Silo.Keys;
using OrleansTagCache.Silo.Running;
using OrleansTagCache.Silo.StartUp;

if (Descriptors.Fault() is { } few)
{
    // Before most of its assemblies are loaded.
    await Console.Error.WriteLineAsync($"The silo cannot start:{Environment.NewLine}  - {few}");
    return ExitCode.CannotStart;
}

try
{
    if (KeysCommand.Is(args))
    {
        KeysCommand.Run(args, Console.Out, TimeProvider.System);
        return ExitCode.Ended;
    }

    if (HealthCommand.Is(args))
    {
        return await HealthCommand.Run(args, Console.Out) ? 0 : 1;
    }

    if (SchemaCommand.Is(args))
    {
        SchemaCommand.Run(args, Console.Out);
        return ExitCode.Ended;
    }

    using var signals = new Signals();
    return await SiloRun.Run(await SiloProgram.Build(args), signals);
}
catch (Exception exception) when (Faults(exception) is { } faults)
{
    await Console.Error.WriteLineAsync(KeysCommand.Is(args) || SchemaCommand.Is(args) || HealthCommand.Is(args) ? "The command cannot be carried out:" : "The silo cannot start:");
    foreach (var fault in faults)
    {
        await Console.Error.WriteLineAsync($"  - {fault}");
    }

    return exception is StartUpFault { MayPass: true } ? ExitCode.MayPass : ExitCode.CannotStart;
}

static IEnumerable<string>? Faults(Exception exception) => exception switch
{
    StartUpFault fault => fault.Faults,
    OptionsValidationException invalid => invalid.Failures,
    Orleans.Runtime.OrleansConfigurationException invalid => [invalid.Message],
    TagCacheVersionException refused => [refused.Message],
    _ => null,
};
