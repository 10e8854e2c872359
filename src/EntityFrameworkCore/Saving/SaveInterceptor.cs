using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Mapping;

namespace OrleansTagCache.Saving;

/// <summary>
/// Holds the tags of a save before anything of it is sent to the database, and sees to its end. Its first statement looks again (<see cref="CommandInterceptor"/>), and its transaction, if it has one, releases
/// (<see cref="TransactionInterceptor"/>).
/// </summary>
/// <remarks>Thread-safe: what a save needs is with its context (<see cref="SaveState"/>).</remarks>
internal sealed partial class SaveInterceptor : ISaveChangesInterceptor
{
    public static readonly SaveInterceptor Instance = new();

    public InterceptionResult<int> SavingChanges(DbContextEventData eventData, InterceptionResult<int> result)
    {
        Blocking.Wait(() => Begin(eventData.Context, CancellationToken.None));
        return result;
    }

    public async ValueTask<InterceptionResult<int>> SavingChangesAsync(DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        await Begin(eventData.Context, cancellationToken).ConfigureAwait(false);
        return result;
    }

    public int SavedChanges(SaveChangesCompletedEventData eventData, int result)
    {
        Blocking.Wait(() => End(eventData.Context, isAsync: false, CancellationToken.None));
        return result;
    }

    public async ValueTask<int> SavedChangesAsync(SaveChangesCompletedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        await End(eventData.Context, isAsync: true, cancellationToken).ConfigureAwait(false);
        return result;
    }

    public void SaveChangesCanceled(DbContextEventData eventData) => Abort(eventData.Context, null);

    public Task SaveChangesCanceledAsync(DbContextEventData eventData, CancellationToken cancellationToken = default) => Blocking.Done(() => Abort(eventData.Context, null));

    /// <summary>Holds what the context is about to save and does not hold yet, for the transaction that it is in, or for the one that it is about to begin.</summary>
    public static async Task Hold(DbContext context, SaveState state, TagCacheOptionsExtension options, CancellationToken cancellationToken)
    {
        var model = ModelTags.Of(context);
        var changed = ChangedTags.Of(context, model, options.Options.HoldTables);
        state.Late = changed.Late;
        if (changed.Tags.Count == 0 && changed.Late.Count == 0)
        {
            return;
        }

        var transaction = HeldTransaction.Current(context);
        var held = transaction?.HeldOf(context, options) ?? (state.Own ??= HeldTransaction.NewHeld(context, options));
        await held.Add(changed.Tags, cancellationToken).ConfigureAwait(false);
        if (transaction is null && (changed.Late.Count > 0 || model.Outbox is not null))
        {
            state.WantTransaction(context);
        }
    }

    /// <summary>A save begins. Its failure is told by the event of the context: interceptors hear nothing of one that fails because a row has changed.</summary>
    public static void Begin(DbContext context, SaveState state)
    {
        state.Begin(context);
        context.SaveChangesFailed -= Failed;
        context.SaveChangesFailed += Failed;
    }

    private static async Task Begin(DbContext? context, CancellationToken cancellationToken)
    {
        if (context is null || TagCacheOptionsExtension.Of(context) is not { } options)
        {
            return;
        }

        var state = SaveState.Of(context);
        Begin(context, state);
        DisposedTransactions.Watch(context);
        try
        {
            DetectChanges(context.ChangeTracker);
            await Hold(context, state, options, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // EF tells of no end of a save that did not begin.
            Abort(context, null);
            throw;
        }
    }

    /// <summary>As EF does it right after.</summary>
    private static void DetectChanges(ChangeTracker tracker)
    {
        if (tracker.AutoDetectChangesEnabled)
        {
            tracker.DetectChanges();
        }

        if ((tracker.CascadeDeleteTiming, tracker.DeleteOrphansTiming) is (CascadeTiming.OnSaveChanges, not CascadeTiming.Never) or (not CascadeTiming.Never, CascadeTiming.OnSaveChanges))
        {
            tracker.CascadeChanges();
        }
    }

    private static async Task End(DbContext? context, bool isAsync, CancellationToken cancellationToken)
    {
        if (SaveState.Find(context) is not { IsSaving: true } state || context is null)
        {
            return;
        }

        try
        {
            if (state.Own is { } own)
            {
                await EndOwn(state, own).ConfigureAwait(false);
            }
            else if (HeldTransaction.Current(context) is { } transaction && (state.Late.Count > 0 || !transaction.IsCommitSeen))
            {
                var held = transaction.HeldOf(context, TagCacheOptionsExtension.Required(context));
                await held.Add(state.TakeLate(), cancellationToken).ConfigureAwait(false);
                await transaction.AfterStatements(context, held, isAsync, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            context.SaveChangesFailed -= Failed;
            state.End(context);
        }
    }

    private static void Failed(object? sender, SaveChangesFailedEventArgs args) => Abort((DbContext?)sender, args.Exception);

    /// <summary>The statements were their own transactions, and have committed.</summary>
    private static async Task EndOwn(SaveState state, HeldTags own)
    {
        try
        {
            own.AddUnheld(state.TakeLate());
        }
        catch (InvalidOperationException exception)
        {
            // It is too late to fail.
            LogUnknownTags(own.Saved.Log, exception);
            own.AddUnheld(["*"]);
        }

        await own.Committed().ConfigureAwait(false);
    }

    /// <summary>
    /// The save has failed. What is held for a transaction that goes on stays held. What is left here was for statements that were their own transactions: if one was sent, and it is not the database that has refused it,
    /// it may have happened.
    /// </summary>
    private static void Abort(DbContext? context, Exception? exception)
    {
        if (SaveState.Find(context) is not { IsSaving: true } state || context is null)
        {
            return;
        }

        context.SaveChangesFailed -= Failed;
        if (!state.IsChecked || exception is DbUpdateConcurrencyException || Outcomes.IsRefusal(exception?.GetBaseException()))
        {
            state.Own?.RolledBack();
        }
        else
        {
            state.Own?.Unknown();
        }

        state.End(context);
    }

    [LoggerMessage(11010, LogLevel.Error, "Rows were saved without a transaction, and the tags that depend on what the database made of them cannot be made. Every entry of the namespace is updated")]
    private static partial void LogUnknownTags(ILogger log, Exception exception);
}
