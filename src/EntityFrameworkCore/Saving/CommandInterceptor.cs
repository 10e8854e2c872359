using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;
using OrleansTagCache.Mapping;

namespace OrleansTagCache.Saving;

/// <summary>
/// Looks at the first statement of each attempt of a save, and at each <c>ExecuteUpdate</c> and <c>ExecuteDelete</c>, before it is sent: nothing is written whose tags are not held. Where an outbox is mapped, a statement that
/// is in no transaction gets one, so that its row can be written with it.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class CommandInterceptor : IDbCommandInterceptor
{
    public static readonly CommandInterceptor Instance = new();

    public InterceptionResult<DbDataReader> ReaderExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result) => Executing(command, eventData, result);

    public InterceptionResult<object> ScalarExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<object> result) => Executing(command, eventData, result);

    public InterceptionResult<int> NonQueryExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<int> result) => Executing(command, eventData, result);

    public ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default) =>
        ExecutingAsync(command, eventData, result, cancellationToken);

    public ValueTask<InterceptionResult<object>> ScalarExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<object> result, CancellationToken cancellationToken = default) =>
        ExecutingAsync(command, eventData, result, cancellationToken);

    public ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default) =>
        ExecutingAsync(command, eventData, result, cancellationToken);

    public int NonQueryExecuted(DbCommand command, CommandExecutedEventData eventData, int result)
    {
        if (IsBulk(eventData))
        {
            Blocking.Wait(() => AfterBulk(eventData.Context!, isAsync: false, CancellationToken.None));
        }

        return result;
    }

    public async ValueTask<int> NonQueryExecutedAsync(DbCommand command, CommandExecutedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        if (IsBulk(eventData))
        {
            await AfterBulk(eventData.Context!, isAsync: true, cancellationToken).ConfigureAwait(false);
        }

        return result;
    }

    public void CommandFailed(DbCommand command, CommandErrorEventData eventData) => Failed(eventData, Outcomes.IsKnown(eventData.Exception, eventData.Connection));

    public Task CommandFailedAsync(DbCommand command, CommandErrorEventData eventData, CancellationToken cancellationToken = default) =>
        Blocking.Done(() => CommandFailed(command, eventData));

    public void CommandCanceled(DbCommand command, CommandEndEventData eventData) => Failed(eventData, isKnown: false);

    public Task CommandCanceledAsync(DbCommand command, CommandEndEventData eventData, CancellationToken cancellationToken = default) => Blocking.Done(() => CommandCanceled(command, eventData));

    private static InterceptionResult<T> Executing<T>(DbCommand command, CommandEventData eventData, InterceptionResult<T> result)
    {
        if (Writes(eventData))
        {
            Blocking.Wait(() => Before(command, eventData, isAsync: false, CancellationToken.None));
        }

        return result;
    }

    private static ValueTask<InterceptionResult<T>> ExecutingAsync<T>(DbCommand command, CommandEventData eventData, InterceptionResult<T> result, CancellationToken cancellationToken)
    {
        return Writes(eventData) ? After(Before(command, eventData, isAsync: true, cancellationToken)) : new(result);

        async ValueTask<InterceptionResult<T>> After(Task before)
        {
            await before.ConfigureAwait(false);
            return result;
        }
    }

    private static bool IsBulk(CommandEventData eventData) => eventData is { CommandSource: CommandSource.ExecuteUpdate or CommandSource.ExecuteDelete, Context: not null };

    private static bool Writes(CommandEventData eventData) => eventData is { CommandSource: CommandSource.SaveChanges, Context: not null } || IsBulk(eventData);

    private static Task Before(DbCommand command, CommandEventData eventData, bool isAsync, CancellationToken cancellationToken)
    {
        var context = eventData.Context!;
        return TagCacheOptionsExtension.Of(context) is not { } options ? Task.CompletedTask
            : IsBulk(eventData) ? BeforeBulk(context, options, command, isAsync, cancellationToken)
            : SaveState.Of(context) is { IsSaving: true, IsChecked: true } ? Task.CompletedTask
            : BeforeSave(context, options, cancellationToken);
    }

    private static async Task BeforeSave(DbContext context, TagCacheOptionsExtension options, CancellationToken cancellationToken)
    {
        var state = SaveState.Of(context);
        if (!state.IsSaving)
        {
            // An interceptor has saved within this save, and the end of that one was taken for this one's.
            SaveInterceptor.Begin(context, state);
        }

        await SaveInterceptor.Hold(context, state, options, cancellationToken).ConfigureAwait(false);
        state.IsChecked = true;
    }

    private static async Task BeforeBulk(DbContext context, TagCacheOptionsExtension options, DbCommand command, bool isAsync, CancellationToken cancellationToken)
    {
        var model = ModelTags.Of(context);
        var tags = model.OfStatement(command.CommandText);
        if (tags.Count == 0)
        {
            return;
        }

        DisposedTransactions.Watch(context);
        if (HeldTransaction.Current(context) is { } transaction)
        {
            await transaction.HeldOf(context, options).Add(tags, cancellationToken).ConfigureAwait(false);
            return;
        }

        var state = SaveState.Of(context);
        state.Own?.RolledBack();
        state.Own = null;
        var held = HeldTransaction.NewHeld(context, options);
        try
        {
            await held.Add(tags, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            held.RolledBack();
            throw;
        }

        state.Own = held;
        if (model.Outbox is not null && context.Database.AutoTransactionBehavior != AutoTransactionBehavior.Never)
        {
            // What is held goes over to it when it has begun.
            state.OfStatement = isAsync ? await context.Database.BeginTransactionAsync(cancellationToken).ConfigureAwait(false) : Begin(context);
            command.Transaction = state.OfStatement.GetDbTransaction();
        }
    }

    private static IDbContextTransaction Begin(DbContext context) => context.Database.BeginTransaction();

    private static async Task AfterBulk(DbContext context, bool isAsync, CancellationToken cancellationToken)
    {
        var state = SaveState.Find(context);
        if (state?.OfStatement is { } own)
        {
            state.OfStatement = null;
            await using var _ = own.ConfigureAwait(false);
            await (isAsync ? own.CommitAsync(cancellationToken) : Blocking.Done(own.Commit)).ConfigureAwait(false);
        }
        else if (state is { IsSaving: false, Own: { } held })
        {
            state.Own = null;
            await held.Committed().ConfigureAwait(false);
        }
        else if (TagCacheOptionsExtension.Of(context) is { } options && HeldTransaction.Current(context) is { IsCommitSeen: false } transaction)
        {
            await transaction.AfterStatements(context, transaction.HeldOf(context, options), isAsync, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A statement that was its own transaction has failed, or perhaps not; a strategy may try again, with new holds. Within a transaction, that one's end is waited for.</summary>
    private static void Failed(CommandEndEventData eventData, bool isKnown)
    {
        if (!Writes(eventData) || SaveState.Find(eventData.Context) is not { } state)
        {
            return;
        }

        state.IsChecked = false;
        if (state.OfStatement is { } own)
        {
            state.OfStatement = null;
            own.Dispose();
        }

        if (state.Own is { } held)
        {
            state.Own = null;
            if (isKnown)
            {
                held.RolledBack();
            }
            else
            {
                held.Unknown();
            }
        }
    }
}
