using Xunit;

namespace OrleansTagCache.Tests.Client;

public sealed class ServerActionTests
{
    [Fact]
    public async Task IsActive_WithinTheScope_AlsoAcrossAwaitsAndInWorkThatItStarts()
    {
        Assert.False(ServerAction.IsActive);
        using (ServerAction.Begin())
        {
            await Task.Yield();
            Assert.True(ServerAction.IsActive);
            Assert.True(await Task.Run(() => ServerAction.IsActive));
        }

        Assert.False(ServerAction.IsActive);
    }

    [Fact]
    public async Task IsActive_InWorkThatOutlivesTheAction_IsFalse()
    {
        var ended = new TaskCompletionSource();
        Task<bool> work;
        using (ServerAction.Begin())
        {
            work = Task.Run(async () =>
            {
                await ended.Task.Soon();
                return ServerAction.IsActive;
            });
        }

        ended.SetResult();
        Assert.False(await work);
    }

    [Fact]
    public void Begin_Nested_EndsOneAtATime()
    {
        using (ServerAction.Begin())
        {
            using (ServerAction.Begin())
            {
                Assert.True(ServerAction.IsActive);
            }

            Assert.True(ServerAction.IsActive);
        }

        Assert.False(ServerAction.IsActive);
    }
}
