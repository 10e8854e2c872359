using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace OrleansTagCache.Tests.AspNetCore;

/// <summary>Endpoints as server actions: they may update tags, and nothing else may.</summary>
[Collection(AdapterCollection.Name)]
public sealed class ServerActionEndpointTests(AdapterCluster cluster)
{
    [Theory]
    [InlineData("/marked")]
    [InlineData("/attribute")]
    [InlineData("/group/inner")]
    [InlineData("/controller")]
    public async Task UpdateTag_InAMarkedEndpoint_Works(string path)
    {
        await using var node = await Start();
        using var answer = await node.Http.PostAsync(new Uri(path, UriKind.Relative), null);
        Assert.Equal((HttpStatusCode.OK, "updated"), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    [Theory]
    [InlineData("POST", "/unmarked")]
    [InlineData("GET", "/any")]
    [InlineData("HEAD", "/any")]
    public async Task UpdateTag_Elsewhere_IsTheExactError(string method, string path)
    {
        await using var node = await Start();
        using var request = new HttpRequestMessage(new(method), path);
        using var answer = await node.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        if (method != "HEAD")
        {
            Assert.Equal(new ServerActionRequiredException().Message, await answer.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task UpdateTag_InWorkThatOutlivesTheRequest_IsRefused()
    {
        var (ended, outcome) = (new TaskCompletionSource(), new TaskCompletionSource<Exception?>());
        await using var node = await Start(app => app.MapPost("/outlive", () =>
        {
            _ = Outlive();
            return "begun";

            async Task Outlive()
            {
                await ended.Task.Soon();
                outcome.SetResult(await Record.ExceptionAsync(() => cluster.Client.UpdateTagAsync("actions").AsTask()));
            }
        }).WithServerAction());
        using (await node.Http.PostAsync(new Uri("/outlive", UriKind.Relative), null))
        {
        }

        // Ended with the server: it waits for its requests.
        await node.DisposeAsync();
        ended.SetResult();
        Assert.IsType<ServerActionRequiredException>(await outcome.Task.Soon());
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    public async Task Start_WithAMarkedReader_IsRefused(string method)
    {
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(
            () => Start(app => app.MapMethods("/read", [method], () => "nothing").WithServerAction()));
        Assert.Contains($"{method} HTTP: {method} /read", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mark_WithoutTheServices_IsAnError()
    {
        await using var node = await AppNode.Start(cluster.Nodes[0], _ => { }, app => app.MapPost("/", () => "nothing").WithServerAction());
        using var answer = await node.Http.PostAsync(new Uri("/", UriKind.Relative), null);
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
    }

    /// <summary>As a library does, in an asynchronous method and an action of its own: what the request's factories see afterwards may not be committed.</summary>
    [Fact]
    public async Task Hold_DeepInAMarkedEndpoint_IsKnownToTheWholeRequest_UntilItEnds()
    {
        await using var node = await Start(app => app.MapPost("/hold", async (ITagCache cache, IEnumerable<IServerActionSource> sources) =>
        {
            IServerActionSource[] all = [.. sources];
            var before = ServerAction.IsHolding(all);
            var hold = await HoldInside(cache);
            var during = ServerAction.IsHolding(all);
            await hold.ReleaseAsync();
            return $"{before} {during} {ServerAction.IsHolding(all)}";
        }).WithServerAction());

        using var answer = await node.Http.PostAsync(new Uri("/hold", UriKind.Relative), null);

        Assert.Equal("False True False", await answer.Content.ReadAsStringAsync());

        static async Task<ITagHold> HoldInside(ITagCache cache)
        {
            using var action = ServerAction.Begin();
            return await cache.HoldAsync(["held"]);
        }
    }

    private Task<AppNode> Start(Action<WebApplication>? configure = null) => AppNode.Start(
        cluster.Nodes[0],
        services =>
        {
            services.AddTagCacheServerActions();
            services.AddControllers().AddApplicationPart(typeof(MarkedController).Assembly);
        },
        app =>
        {
            app.MapPost("/marked", Update).WithServerAction();
            app.MapPost("/attribute", [ServerAction] (ITagCache cache) => Update(cache));
            app.MapGroup("/group").WithServerAction().MapPost("/inner", Update);
            app.MapPost("/unmarked", Update);
            app.Map("/any", Update).WithServerAction();
            app.MapControllers();
            configure?.Invoke(app);
        });

    private static async Task<IResult> Update(ITagCache cache)
    {
        try
        {
            await cache.UpdateTagAsync("actions");
            await Task.Yield();
            await cache.UpdateTagsAsync(["actions", "more actions"]);
            return Results.Text("updated");
        }
        catch (ServerActionRequiredException refused)
        {
            return Results.Text(refused.Message, statusCode: StatusCodes.Status409Conflict);
        }
    }
}

/// <summary>A controller whose action is marked.</summary>
[ApiController, Route("controller")]
public sealed class MarkedController(ITagCache cache) : ControllerBase
{
    /// <summary>Updates.</summary>
    [HttpPost, ServerAction]
    public async Task<string> Post()
    {
        await cache.UpdateTagAsync("actions");
        return "updated";
    }
}
