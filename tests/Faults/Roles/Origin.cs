using Microsoft.AspNetCore.Http.HttpResults;
using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Roles;

/// <summary>The source over HTTP, as a service that applications ask has it. Nothing is cached here.</summary>
internal sealed class Origin(RoleContext role)
{
    private int _requests;

    public static WebApplication Build(RoleContext role)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls($"http://127.0.0.1:{role.Options.Origin}");
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        var app = builder.Build();
        var origin = new Origin(role);
        app.MapGet("/row/{key:int}", origin.Row);
        app.MapGet("/none/{key:int}", async (int key, CancellationToken cancellationToken) => TypedResults.NotFound((await origin.Row(key, cancellationToken)).ResponseContent));
        return app;
    }

    private async Task<ContentHttpResult> Row(int key, CancellationToken cancellationToken)
    {
        var random = new Random((role.Options.Seed * 31) + Interlocked.Increment(ref _requests));
        return TypedResults.Text(await Maker.Of(role, key, random).Read(cancellationToken));
    }
}
