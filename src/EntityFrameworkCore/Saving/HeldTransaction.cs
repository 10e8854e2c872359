using System.Collections.Concurrent;
using System.Data;
using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using OrleansTagCache.Mapping;

namespace OrleansTagCache.Saving;

/// <summary>A transaction and the tags that are held for it, whichever contexts share it.</summary>
/// <remarks>As <see cref="HeldTags"/>.</remarks>
internal sealed class HeldTransaction
{
    private static readonly ConditionalWeakTable<DbTransaction, HeldTransaction> Known = [];
    private static readonly ConcurrentDictionary<string, HeldTransaction> Ambient = new(StringComparer.Ordinal);

    private readonly Lock _lock = new();
    private readonly List<HeldTags> _held = [];

    private readonly bool _isAmbient;
    private Guid _id;

    private HeldTransaction(bool isAmbient = false) => _isAmbient = isAmbient;

    /// <summary>Whether its commit goes through EF, which tells of it before and after. That of one that was made outside may not, and that of an ambient one does not.</summary>
    public bool IsCommitSeen { get; private set; }

    /// <summary>Whether the commit was sent to the database.</summary>
    public bool IsCommitSent { get; set; }

    /// <summary>All that is held for it.</summary>
    public HeldTags[] Held
    {
        get
        {
            lock (_lock)
            {
                return [.. _held];
            }
        }
    }

    /// <summary>One that EF has begun. Providers use their objects again for the next transaction: what is known of one before it is over.</summary>
    public static HeldTransaction Begun(DbTransaction transaction, Guid id)
    {
        var held = new HeldTransaction { IsCommitSeen = true, _id = id };
        Known.AddOrUpdate(transaction, held);
        return held;
    }

    /// <summary>Of a transaction that a context uses.</summary>
    public static HeldTransaction Of(DbTransaction transaction) => Known.GetValue(transaction, static _ => new());

    /// <summary>Of a transaction; null if nothing was held for it.</summary>
    public static HeldTransaction? Find(DbTransaction transaction) => Known.TryGetValue(transaction, out var held) ? held : null;

    /// <summary>The one that a context's statements are in; null if each is its own.</summary>
    public static HeldTransaction? Current(DbContext context)
    {
        if (context.Database.CurrentTransaction is { } current)
        {
            return Of(current.GetDbTransaction());
        }

        // A provider that does not take part begins a transaction of its own.
        return (context.Database.GetEnlistedTransaction() ?? System.Transactions.Transaction.Current) is { } ambient ? OfAmbient(ambient) : null;
    }

    /// <summary>Takes over what was held before it began.</summary>
    public void Take(HeldTags held)
    {
        lock (_lock)
        {
            _held.Add(held);
        }
    }

    /// <summary>What is held of the cache that a context uses.</summary>
    public HeldTags HeldOf(DbContext context, TagCacheOptionsExtension options)
    {
        lock (_lock)
        {
            var held = _held.Find(one => one.Saved == options.Saved);
            if (held is null)
            {
                _held.Add(held = NewHeld(context, options));
            }

            return held;
        }
    }

    public static HeldTags NewHeld(DbContext context, TagCacheOptionsExtension options) => new(options.Saved, options.Options, ModelTags.Of(context).Outbox, options.Queue);

    /// <summary>Writes the rows of the outbox, and looks whether everything is held.</summary>
    public async Task BeforeCommit(DbConnection? connection, DbTransaction? transaction, bool isAsync, CancellationToken cancellationToken)
    {
        foreach (var held in Held)
        {
            if (connection is not null)
            {
                await Write(held, connection, transaction, isAsync, cancellationToken).ConfigureAwait(false);
            }

            await held.BeforeCommit(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Where the commit is not seen, the row goes with the statements that it is for, and what could not be held is updated when a hold of it would have ended.</summary>
    public async Task AfterStatements(DbContext context, HeldTags held, bool isAsync, CancellationToken cancellationToken)
    {
        if (IsCommitSeen)
        {
            return;
        }

        if (!_isAmbient)
        {
            held.UpdateUnheld();
        }

        if (held.Outbox is null)
        {
            return;
        }

        var connection = context.Database.GetDbConnection();
        var isOpen = connection.State == ConnectionState.Open;
        if (!isOpen)
        {
            await (isAsync ? context.Database.OpenConnectionAsync(cancellationToken) : Blocking.Done(context.Database.OpenConnection)).ConfigureAwait(false);
        }

        try
        {
            await Write(held, connection, context.Database.CurrentTransaction?.GetDbTransaction(), isAsync, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (!isOpen)
            {
                await (isAsync ? context.Database.CloseConnectionAsync() : Blocking.Done(context.Database.CloseConnection)).ConfigureAwait(false);
            }
        }
    }

    /// <summary>It has committed. It does not throw.</summary>
    public static Task Committed(DbTransaction transaction) => Known.TryGetValue(transaction, out var held) && Known.Remove(transaction) ? held.Committed() : Task.CompletedTask;

    /// <summary>It was rolled back.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="id">Which one of those that have used the object, as EF counts them.</param>
    public static void RolledBack(DbTransaction transaction, Guid id)
    {
        if (Known.TryGetValue(transaction, out var held) && (!held.IsCommitSeen || held._id == id) && Known.Remove(transaction))
        {
            held.RolledBack();
        }
    }

    /// <summary>Its outcome is not known.</summary>
    public void Unknown() => Array.ForEach(Held, held => held.Unknown());

    private Task Committed() => Task.WhenAll(Held.Select(held => held.Committed()));

    private void RolledBack() => Array.ForEach(Held, held => held.RolledBack());

    private async Task Write(HeldTags held, DbConnection connection, DbTransaction? transaction, bool isAsync, CancellationToken cancellationToken)
    {
        if (held.NextRow(isAll: !IsCommitSeen) is { } row)
        {
            await held.Outbox!.Write(connection, transaction, row.Id, row.Tags, isAsync, cancellationToken).ConfigureAwait(false);
        }
    }

    private static HeldTransaction OfAmbient(Transaction ambient)
    {
        var id = ambient.TransactionInformation.LocalIdentifier;
        if (Ambient.TryGetValue(id, out var known))
        {
            return known;
        }

        var held = new HeldTransaction(isAmbient: true);
        if (!Ambient.TryAdd(id, held))
        {
            return Ambient[id];
        }

        ambient.TransactionCompleted += (_, completed) =>
        {
            Ambient.TryRemove(id, out var _);
            switch (completed.Transaction!.TransactionInformation.Status)
            {
                case TransactionStatus.Committed:
                    Blocking.Wait(held.Committed);
                    break;
                case TransactionStatus.Aborted:
                    held.RolledBack();
                    break;
                default:
                    held.Unknown();
                    break;
            }
        };
        ambient.EnlistVolatile(new LastLook(held), EnlistmentOptions.EnlistDuringPrepareRequired);
        return held;
    }

    /// <summary>Looks before an ambient transaction commits whether everything is held. It is asked before the databases are, and has no part in the commit itself.</summary>
    private sealed class LastLook(HeldTransaction held) : IEnlistmentNotification
    {
        public void Prepare(PreparingEnlistment preparingEnlistment)
        {
            try
            {
                Blocking.Wait(() => held.BeforeCommit(null, null, isAsync: true, CancellationToken.None));
                preparingEnlistment.Done();
            }
            catch (Exception exception)
            {
                preparingEnlistment.ForceRollback(exception);
            }
        }

        public void Commit(Enlistment enlistment) => enlistment.Done();

        public void Rollback(Enlistment enlistment) => enlistment.Done();

        public void InDoubt(Enlistment enlistment) => enlistment.Done();
    }
}
