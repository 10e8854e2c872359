using System.Diagnostics;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;

namespace OrleansTagCache.Diagnostics;

/// <summary>
/// The activities of this process's cache, for distributed traces. Keys and values are never part of them, and the names of tags only if the options say so. What goes
/// from process to process bears its <c>traceparent</c> itself: messages are shared by many callers, so no caller's context travels with them.
/// </summary>
/// <remarks>Thread-safe. While no one listens, nothing is started, and nothing is allocated.</remarks>
internal static class Tracing
{
    /// <summary>The name of the source.</summary>
    public const string SourceName = "OrleansTagCache";

    /// <summary>What a read got, and what became of an update, a commit or a refresh.</summary>
    public const string OutcomeTag = "tagcache.outcome";

    /// <summary>The names of the tags; only if the options say so.</summary>
    public const string TagsTag = "tagcache.tags";

    /// <summary>The silos that have acknowledged an update.</summary>
    public const string MembersTag = "tagcache.members";

    /// <summary>The silo that a message goes to.</summary>
    public const string SiloTag = "tagcache.silo";

    private static readonly ActivitySource Source = new(SourceName, typeof(Tracing).Assembly.GetName().Version?.ToString(3));

    /// <summary>Whether anyone listens.</summary>
    public static bool IsOn => Source.HasListeners();

    /// <summary>The <c>traceparent</c> of what runs here, for a message; null if it is not traced.</summary>
    public static string? Parent => IsOn ? Activity.Current?.Id : null;

    /// <summary>The activity of the cache that runs here; null if what runs here is something else.</summary>
    public static Activity? Current => IsOn && Activity.Current is { } current && current.Source == Source ? current : null;

    /// <summary>Begins a part of what runs here.</summary>
    public static Activity? Start(string name, ActivityKind kind = ActivityKind.Internal) => Source.StartActivity(name, kind);

    /// <summary>Begins what another process has caused.</summary>
    public static Activity? Start(string name, ActivityKind kind, string? parent) => IsOn && parent is not null ? Start(name, kind, [parent], static text => text) : null;

    /// <summary>Begins what several callers have caused: it belongs to the first of them that is traced, and is linked to the others. Nothing if none is.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="kind">Its part in a call.</param>
    /// <param name="causes">The causes.</param>
    /// <param name="parentOf">The <c>traceparent</c> of a cause.</param>
    public static Activity? Start<T>(string name, ActivityKind kind, ReadOnlySpan<T> causes, Func<T, string?> parentOf)
    {
        if (!IsOn)
        {
            return null;
        }

        var (parent, links) = ContextOf(causes, parentOf);
        if (parent == default)
        {
            return null;
        }

        // Where Orleans traces its calls too, it is a part of the call.
        return Activity.Current is { } current && current.TraceId == parent.TraceId
            ? Source.StartActivity(name, kind, current.Context, links: links)
            : Source.StartActivity(name, kind, parent, links: links);
    }

    /// <summary>Begins something that outlives the call which begins it: it does not become current, and ends by <see cref="End"/>. A trace of its own if no cause is traced.</summary>
    /// <inheritdoc cref="Start{T}(string, ActivityKind, ReadOnlySpan{T}, Func{T, string})"/>
    public static Activity? StartApart<T>(string name, ActivityKind kind, ReadOnlySpan<T> causes, Func<T, string?> parentOf)
    {
        if (!IsOn)
        {
            return null;
        }

        var (parent, links) = ContextOf(causes, parentOf);
        var current = Activity.Current;
        if (current is not null && current.TraceId == parent.TraceId)
        {
            parent = current.Context;
        }

        Activity.Current = null;
        var activity = Source.StartActivity(name, kind, parent, links: links);
        Activity.Current = current;
        return activity;
    }

    /// <summary>Begins a trace of its own, linked to what caused it.</summary>
    public static Activity? StartTrace(string name, ActivityContext cause = default)
    {
        if (!IsOn)
        {
            return null;
        }

        Activity.Current = null;
        return Source.StartActivity(name, ActivityKind.Internal, parentContext: default, links: cause == default ? null : [new(cause)]);
    }

    /// <summary>Begins to offer a value to the cluster.</summary>
    public static Activity? StartCommit(EntryData entry, bool includesTags)
    {
        var activity = Start(CacheActivities.Commit, ActivityKind.Client);
        return includesTags ? activity?.SetTag(TagsTag, ForeignTag.Without(entry.Tags)) : activity;
    }

    /// <summary>Calls the cluster as a part of what runs here.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="tags">The tags that it is about; null if it is about none.</param>
    /// <param name="includesTags">Whether they are told.</param>
    /// <param name="work">The call.</param>
    public static Task<T> Run<T>(string name, TagId[]? tags, bool includesTags, Func<Task<T>> work)
    {
        return IsOn ? Traced() : work();

        async Task<T> Traced()
        {
            using var activity = Start(name, ActivityKind.Client);
            if (activity is not null && tags is not null && includesTags)
            {
                activity.SetTag(TagsTag, Array.ConvertAll(tags, tag => tag.Name));
            }

            try
            {
                return await work().ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                activity.Failed(exception);
                throw;
            }
        }
    }

    /// <summary>Notes how the cache's activity that runs here has ended.</summary>
    public static void Note(Outcome outcome)
    {
        if (Current is { } activity)
        {
            activity.SetTag(OutcomeTag, outcome.Name());
            if (outcome == Outcome.Failed)
            {
                activity.SetStatus(ActivityStatusCode.Error);
            }
        }
    }

    /// <summary>Ends what was begun apart. What runs here stays what it is.</summary>
    public static void End(Activity? activity)
    {
        if (activity is not null)
        {
            var current = Activity.Current;
            activity.Stop();
            Activity.Current = current;
        }
    }

    /// <summary>It failed. The message of the exception is not told: it may hold a key or a value.</summary>
    public static void Failed(this Activity? activity, Exception exception)
    {
        if (activity is not null)
        {
            var type = exception.GetType().FullName!;
            activity.SetStatus(ActivityStatusCode.Error, type);
            activity.SetTag("error.type", type);
        }
    }

    private static (ActivityContext Parent, List<ActivityLink>? Links) ContextOf<T>(ReadOnlySpan<T> causes, Func<T, string?> parentOf)
    {
        ActivityContext parent = default;
        List<ActivityLink>? links = null;
        foreach (var cause in causes)
        {
            if (!ActivityContext.TryParse(parentOf(cause), traceState: null, isRemote: true, out var context) || context == parent)
            {
                continue;
            }

            if (parent == default)
            {
                parent = context;
            }
            else
            {
                (links ??= []).Add(new(context));
            }
        }

        return (parent, links);
    }
}
