using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace OrleansTagCache.Saving;

/// <summary>Gives what is held to the transaction that it is for, looks at it before the commit, and releases it when the outcome is known.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class TransactionInterceptor : IDbTransactionInterceptor
{
    public static readonly TransactionInterceptor Instance = new();

    public DbTransaction TransactionStarted(DbConnection connection, TransactionEndEventData eventData, DbTransaction result)
    {
        Begun(result, eventData);
        return result;
    }

    public ValueTask<DbTransaction> TransactionStartedAsync(DbConnection connection, TransactionEndEventData eventData, DbTransaction result, CancellationToken cancellationToken = default)
    {
        Begun(result, eventData);
        return new(result);
    }

    public InterceptionResult TransactionCommitting(DbTransaction transaction, TransactionEventData eventData, InterceptionResult result)
    {
        Blocking.Wait(() => BeforeCommit(transaction, eventData, isAsync: false, CancellationToken.None));
        return result;
    }

    public async ValueTask<InterceptionResult> TransactionCommittingAsync(DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
    {
        await BeforeCommit(transaction, eventData, isAsync: true, cancellationToken).ConfigureAwait(false);
        return result;
    }

    public void TransactionCommitted(DbTransaction transaction, TransactionEndEventData eventData) => Blocking.Wait(() => HeldTransaction.Committed(transaction));

    public Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default) =>
        HeldTransaction.Committed(transaction);

    public void TransactionRolledBack(DbTransaction transaction, TransactionEndEventData eventData) => HeldTransaction.RolledBack(transaction, eventData.TransactionId);

    public Task TransactionRolledBackAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default) =>
        Blocking.Done(() => TransactionRolledBack(transaction, eventData));

    public void TransactionFailed(DbTransaction transaction, TransactionErrorEventData eventData)
    {
        if (HeldTransaction.Find(transaction) is not { IsCommitSent: true } held || eventData.Action != "Commit")
        {
            // It has not been sent, or the end is still to come: a rollback, or the transaction is disposed of.
            return;
        }

        held.IsCommitSent = false;
        if (!Outcomes.IsKnown(eventData.Exception, eventData.Context?.Database.GetDbConnection()))
        {
            held.Unknown();
        }
    }

    public Task TransactionFailedAsync(DbTransaction transaction, TransactionErrorEventData eventData, CancellationToken cancellationToken = default) =>
        Blocking.Done(() => TransactionFailed(transaction, eventData));

    private static void Begun(DbTransaction transaction, TransactionEndEventData eventData)
    {
        if (eventData.Context is not { } context || TagCacheOptionsExtension.Of(context) is null)
        {
            return;
        }

        var held = HeldTransaction.Begun(transaction, eventData.TransactionId);
        if (SaveState.Find(context) is not { } state)
        {
            return;
        }

        // A new attempt, if a strategy repeats the save: that of before was another transaction's.
        state.IsChecked = false;
        if (state.Own is { } own)
        {
            held.Take(own);
            state.Own = null;
        }
    }

    private static async Task BeforeCommit(DbTransaction transaction, TransactionEventData eventData, bool isAsync, CancellationToken cancellationToken)
    {
        if (HeldTransaction.Find(transaction) is not { } held)
        {
            return;
        }

        // The transaction of the save itself: its statements have run.
        if (eventData.Context is { } context && SaveState.Find(context) is { IsSaving: true, Late.Count: > 0 } state)
        {
            await held.HeldOf(context, TagCacheOptionsExtension.Required(context)).Add(state.TakeLate(), cancellationToken).ConfigureAwait(false);
        }

        await held.BeforeCommit(transaction.Connection, transaction, isAsync, cancellationToken).ConfigureAwait(false);
        held.IsCommitSent = true;
    }
}
