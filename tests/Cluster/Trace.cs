using System.Diagnostics;
using System.Text;
using OrleansTagCache.Diagnostics;
using Xunit;

namespace OrleansTagCache.Tests.Cluster;

/// <summary>Listens to the cache's activities of one trace: those that what the test does causes, in every process. Others are not even created.</summary>
internal sealed class Trace : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Activity> _started = [];
    private readonly List<Activity> _ended = [];
    private readonly Activity _root = new Activity("test").Start();
    private readonly ActivityListener _listener;
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="includesOrleans">Whether Orleans' activities of calls are listened to as well.</param>
    public Trace(bool includesOrleans = false)
    {
        _listener = new()
        {
            ShouldListenTo = source => source.Name == Tracing.SourceName || (includesOrleans && source.Name.StartsWith("Microsoft.Orleans", StringComparison.Ordinal)),
            Sample = Sample,
            ActivityStarted = activity => Add(_started, activity),
            ActivityStopped = activity => Add(_ended, activity),
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>What has ended, each below what caused it, in the order of their names.</summary>
    public string Tree
    {
        get
        {
            var text = new StringBuilder();
            lock (_gate)
            {
                Assert.Equal(_started.Count, _ended.Count);
                Write(_root.SpanId, depth: 0);
            }

            return text.ToString().ReplaceLineEndings();

            void Write(ActivitySpanId parent, int depth)
            {
                var children = _ended.Where(activity => activity.ParentSpanId == parent).Select(activity => (Activity: activity, Size: SizeOf(activity.SpanId)));
                foreach (var (activity, _) in children.OrderBy(child => child.Activity.OperationName, StringComparer.Ordinal).ThenBy(child => child.Size))
                {
                    text.Append(' ', 2 * depth).AppendLine($"{activity.OperationName} ({activity.Kind.ToString().ToLowerInvariant()})");
                    Write(activity.SpanId, depth + 1);
                }
            }

            int SizeOf(ActivitySpanId of) => _ended.Where(activity => activity.ParentSpanId == of).Sum(activity => 1 + SizeOf(activity.SpanId));
        }
    }

    public ActivityTraceId Id => _root.TraceId;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _started.Count;
            }
        }
    }

    public Activity[] Of(string name, ActivityKind kind = ActivityKind.Internal)
    {
        lock (_gate)
        {
            return [.. _ended.Where(activity => activity.OperationName == name && activity.Kind == kind)];
        }
    }

    public Activity? Find(ActivitySpanId id)
    {
        lock (_gate)
        {
            return _started.Find(activity => activity.SpanId == id);
        }
    }

    /// <summary>Completed when that many have ended.</summary>
    public async Task Ended(int count)
    {
        while (true)
        {
            Task next;
            lock (_gate)
            {
                if (_ended.Count >= count)
                {
                    return;
                }

                next = _next.Task;
            }

            await next;
        }
    }

    /// <summary>None of it tells any of these names.</summary>
    public void NamesNothing(params string[] names)
    {
        lock (_gate)
        {
            var told = string.Join('\n', _ended.SelectMany(activity => activity.TagObjects
                .Select(tag => $"{tag.Key}={(tag.Value is string[] some ? string.Join(',', some) : tag.Value)}")
                .Append(activity.DisplayName).Append(activity.StatusDescription)));
            Assert.All(names, name => Assert.DoesNotContain(name, told, StringComparison.Ordinal));
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        _root.Dispose();
    }

    private ActivitySamplingResult Sample(ref ActivityCreationOptions<ActivityContext> options) =>
        options.Parent.TraceId == _root.TraceId || options.Links?.Any(link => link.Context.TraceId == _root.TraceId) == true
            ? ActivitySamplingResult.AllDataAndRecorded
            : ActivitySamplingResult.None;

    private void Add(List<Activity> list, Activity activity)
    {
        TaskCompletionSource next;
        lock (_gate)
        {
            list.Add(activity);
            (next, _next) = (_next, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        next.SetResult();
    }
}
