using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Tests.Client.Holds;

/// <summary>A tag that says what the test says.</summary>
internal sealed class ScriptedTag : ITagGrain
{
    private readonly Lock _gate = new();
    private readonly List<HoldRequest> _holds = [];
    private readonly List<HoldRelease> _releases = [];
    private readonly List<UpdateRequest> _updates = [];

    public Signal Heard { get; } = new();

    public Func<int, Task<HoldOutcome>> OnHold { get; set; } = number => Task.FromResult(Taken(number));

    public Func<Task<bool>> OnRelease { get; set; } = () => Task.FromResult(true);

    public Func<int, UpdateOutcome> OnUpdate { get; set; } = _ => UpdateOutcome.Complete(3);

    public HoldRequest[] Holds => All(_holds);

    public HoldRelease[] Releases => All(_releases);

    public UpdateRequest[] Updates => All(_updates);

    /// <summary>What the attempt of that number, from 1, is given.</summary>
    public static HoldOutcome Taken(int number) => new(IdOf(number), Members: 3);

    public static UpdateId IdOf(int number) => new(Guid.Empty, number);

    public ValueTask<HoldOutcome> Hold(HoldRequest request) => new(OnHold(Note(_holds, request)));

    public ValueTask<bool> Release(HoldRelease hold)
    {
        Note(_releases, hold);
        return new(OnRelease());
    }

    public ValueTask<UpdateOutcome> UpdateAll(UpdateRequest request, Guid requestId) => Update(request, requestId);

    public ValueTask<UpdateOutcome> Update(UpdateRequest request, Guid requestId) => new(OnUpdate(Note(_updates, request)));

    public ValueTask<TagDescription> Describe() => throw new NotSupportedException();

    public ValueTask<DependentsPage> Dependents(int limit, string? after) => throw new NotSupportedException();

    private T[] All<T>(List<T> list)
    {
        lock (_gate)
        {
            return [.. list];
        }
    }

    private int Note<T>(List<T> list, T one)
    {
        int count;
        lock (_gate)
        {
            list.Add(one);
            count = list.Count;
        }

        Heard.Set();
        return count;
    }
}
