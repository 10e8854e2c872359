using System.Runtime.CompilerServices;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace OrleansTagCache.Testing;

/// <summary>The waits of all tests: each ends with what was waited for, or after three minutes by any clock with a failure that names it.</summary>
internal static class Waits
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(1);

    /// <summary>After how many steps of a clock those that it wakes get a rest of the test's thread, not just a turn.</summary>
    private const int StepsWithoutRest = 100;

    /// <summary>Lets a clock run until something has happened that it brings about. What it wakes runs on other threads: each step gives them a turn.</summary>
    public static async Task Advance(FakeTimeProvider time, TimeSpan step, Func<bool> isReached, [CallerArgumentExpression(nameof(isReached))] string what = "")
    {
        var begun = TimeProvider.System.GetTimestamp();
        using var rests = new PeriodicTimer(Rest, TimeProvider.System);
        for (var steps = 1; !isReached(); steps++)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < Patience, $"Let the clock run for {step * steps}, and waited {Patience} for {what} in vain.");
            time.Advance(step);
            if (steps % StepsWithoutRest == 0)
            {
                await rests.WaitForNextTickAsync();
            }
            else
            {
                await Task.Yield();
            }
        }
    }

    /// <summary>Waits for the end of something that another flow does.</summary>
    public static Task Soon(this Task task, [CallerArgumentExpression(nameof(task))] string what = "") => task.Within(Patience, what);

    /// <summary>As <see cref="Soon(Task, string)"/>, for as long as is said.</summary>
    public static async Task Within(this Task task, TimeSpan patience, string what)
    {
        if (!task.IsCompleted)
        {
            using var over = new CancellationTokenSource();
            var isLate = await Task.WhenAny(task, Task.Delay(patience, TimeProvider.System, over.Token)) != task;
            await over.CancelAsync();
            Assert.False(isLate, $"Waited {patience} for {what} in vain.");
        }

        await task;
    }

    /// <inheritdoc cref="Soon(Task, string)"/>
    public static async Task<T> Soon<T>(this Task<T> task, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        await ((Task)task).Soon(what);
        return await task;
    }

    /// <summary>Does something while others go on and on; these end with it, whatever comes of it, and so does the wait for it if one of them fails.</summary>
    /// <param name="work">What is done.</param>
    /// <param name="others">One round each of what goes on meanwhile.</param>
    /// <returns>How many rounds each of the others has done.</returns>
    public static async Task<int[]> While(Func<Task> work, IEnumerable<Func<int, Task>> others)
    {
        using var over = new CancellationTokenSource();
        var running = others.Select(round => Task.Run(async () =>
        {
            var rounds = 0;
            while (!over.IsCancellationRequested)
            {
                await round(rounds++);

                // What is there at once ends at once: else the others would hold every thread of the process, the silos' too.
                await Task.Yield();
            }

            return rounds;
        })).ToList();
        try
        {
            await await Task.WhenAny([work(), .. running]);
        }
        finally
        {
            await over.CancelAsync();
            await ((Task)Task.WhenAll(running)).Soon("what went on beside the work").ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return await Task.WhenAll(running);
    }
}
