using System.Reflection;
using OrleansTagCache.Faults.Roles;

namespace OrleansTagCache.Faults.Database;

/// <summary>What happens to the holds of a writer, while EF Core's interceptors take and release them.</summary>
internal interface IHoldObserver
{
    /// <summary>How long a hold lasts that is asked for now; null for as long as it was asked for.</summary>
    TimeSpan? Length { get; }

    /// <summary>A hold was had.</summary>
    /// <param name="hold">The hold.</param>
    /// <param name="askedAt">When it was asked for.</param>
    /// <param name="ended">Completes when it was released, or its time is over.</param>
    void Held(ITagHold hold, long askedAt, Task ended);

    /// <summary>The outcome of the transaction is known, and the release is not sent yet.</summary>
    void Releasing();

    void Released(bool wasHeld);
}

/// <summary>The cache of a writer, as it is, but that somebody watches its holds.</summary>
internal class HoldWitness : DispatchProxy
{
    private ITagCache _cache = null!;
    private RoleContext _role = null!;
    private IHoldObserver _observer = null!;

    public static ITagCache Around(ITagCache cache, RoleContext role, IHoldObserver observer)
    {
        var witness = Create<ITagCache, HoldWitness>();
        ((HoldWitness)(object)witness).Set(cache, role, observer);
        return witness;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name == nameof(ITagCache.HoldAsync)
        ? new ValueTask<ITagHold>(Hold((IReadOnlyCollection<string>)args![0]!, (TimeSpan?)args[1], (CancellationToken)args[2]!))
        : targetMethod.Invoke(_cache, BindingFlags.DoNotWrapExceptions, binder: null, args, culture: null);

    private void Set(ITagCache cache, RoleContext role, IHoldObserver observer) => (_cache, _role, _observer) = (cache, role, observer);

    private async Task<ITagHold> Hold(IReadOnlyCollection<string> tags, TimeSpan? atMost, CancellationToken cancellationToken)
    {
        var askedAt = _role.Time.GetTimestamp();
        var holding = _cache.HoldAsync(tags, _observer.Length ?? atMost, cancellationToken).AsTask();
        if (_role.Options.Telling != Telling.Unawaited)
        {
            await holding;
        }

        var hold = new Watched(tags, holding, _observer);
        _observer.Held(hold, askedAt, hold.Ended);
        return hold;
    }

    /// <summary>One that is not had yet says that it is.</summary>
    private sealed class Watched(IReadOnlyCollection<string> tags, Task<ITagHold> holding, IHoldObserver observer) : ITagHold
    {
        private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended => _ended.Task;

        public IReadOnlyCollection<string> Tags => tags;

        public TimeSpan Remaining => holding.IsCompletedSuccessfully ? holding.Result.Remaining : Long;

        public bool IsHeld => Remaining > TimeSpan.Zero;

        public async ValueTask<bool> ReleaseAsync(CancellationToken cancellationToken = default)
        {
            observer.Releasing();
            try
            {
                var wasHeld = await (await holding).ReleaseAsync(cancellationToken);
                observer.Released(wasHeld);
                return wasHeld;
            }
            finally
            {
                _ended.TrySetResult();
            }
        }

        public void Abandon() => _ = AbandonLater();

        public async ValueTask DisposeAsync() => await ReleaseAsync();

        private async Task AbandonLater()
        {
            try
            {
                var hold = await holding;
                hold.Abandon();

                // A second end waits for the first.
                await hold.ReleaseAsync();
            }
            finally
            {
                _ended.TrySetResult();
            }
        }
    }
}
