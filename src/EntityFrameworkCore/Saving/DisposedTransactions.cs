using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace OrleansTagCache.Saving;

/// <summary>
/// Hears of transactions that are disposed of without a commit, which is how most of them are rolled back: EF tells interceptors nothing of it, and its diagnostic source alone does. It is asked for this one event.
/// </summary>
/// <remarks>Thread-safe; one subscription for each set of EF's services.</remarks>
internal sealed class DisposedTransactions : IObserver<KeyValuePair<string, object?>>
{
    private static readonly ConditionalWeakTable<DiagnosticListener, IDisposable> Watched = [];
    private static readonly DisposedTransactions Instance = new();
    private static readonly string Event = RelationalEventId.TransactionDisposed.Name!;

    public static void Watch(DbContext context)
    {
        if (context.GetService<DiagnosticSource>() is DiagnosticListener listener)
        {
            Watched.GetValue(listener, static source => source.Subscribe(Instance, static (name, _, _) => name == Event));
        }
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Key == Event && value.Value is TransactionEventData disposed)
        {
            HeldTransaction.RolledBack(disposed.Transaction, disposed.TransactionId);
        }
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }
}
