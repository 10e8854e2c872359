using Microsoft.Extensions.Options;
using OrleansTagCache.Samples.Cities.Actions;
using OrleansTagCache.Samples.Cities.Hosting;
using OrleansTagCache.Samples.Cities.Load;
using OrleansTagCache.Samples.Cities.Pages;

const string LoadSwitch = "--load";

try
{
    var settings = args.Where(argument => argument != LoadSwitch).ToArray();
    if (args.Contains(LoadSwitch))
    {
        return await LoadRun.Run(settings);
    }

    var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = settings, ContentRootPath = AppContext.BaseDirectory });
    builder.AddCities();
    builder.AddClusterClient();
    builder.AddWeb();

    await using var app = builder.Build();
    app.FillDatabase();
    app.UseWeb();
    app.MapPages();
    app.MapCityEdit();
    app.MapCountryWebhook();
    await app.RunAsync();
    return 0;
}
catch (OptionsValidationException invalid)
{
    await Console.Error.WriteLineAsync($"The sample cannot start:{string.Concat(invalid.Failures.Select(fault => $"\n  - {fault}"))}");
    return 2;
}
