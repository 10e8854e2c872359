using Microsoft.Extensions.Options;
using OrleansTagCache.Silo;
using OrleansTagCache.Silo.StartUp;

try
{
    await using var app = await SiloProgram.Build(args);
    await app.RunAsync();
    return 0;
}
catch (Exception exception) when (Faults(exception) is { } faults)
{
    await Console.Error.WriteLineAsync("The silo cannot start:");
    foreach (var fault in faults)
    {
        await Console.Error.WriteLineAsync($"  - {fault}");
    }

    return 2;
}

static IEnumerable<string>? Faults(Exception exception) => exception switch
{
    StartUpFault fault => fault.Faults,
    OptionsValidationException invalid => invalid.Failures,
    Orleans.Runtime.OrleansConfigurationException invalid => [invalid.Message],
    _ => null,
};
