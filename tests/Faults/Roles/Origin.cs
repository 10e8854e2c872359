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
        app.MapGet("/row/{key:int}", (int key, CancellationToken cancellationToken) => origin.Row(key, StatusCodes.Status200OK, cancellationToken));
        app.MapGet("/none/{key:int}", (int key, CancellationToken cancellationToken) => origin.Row(key, StatusCodes.Status404NotFound, cancellationToken));
        return app;
    }

    private async Task<ContentHttpResult> Row(int key, int status, CancellationToken cancellationToken)
    {
        var random = new Random((role.Options.Seed * 31) + Interlocked.Increment(ref _requests));
        return TypedResults.Text(await Maker.Of(role, key, random).Read(cancellationToken), statusCode: status);
    }
}
