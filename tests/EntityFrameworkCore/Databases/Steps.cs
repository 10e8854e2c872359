using System.Data.Common;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace OrleansTagCache.Tests.EntityFrameworkCore;

/// <summary>What the cache and the database were asked, in its order: statements when they have run, commits when they are over.</summary>
internal sealed class Steps : DbCommandInterceptor, IDbTransactionInterceptor
{
    private readonly Lock _lock = new();
    private readonly List<string> _all = [];

    public Signal Changed { get; } = new();

    public string[] All
    {
        get
        {
            lock (_lock)
            {
                return [.. _all];
            }
        }
    }

    public static string Text(IEnumerable<string> tags) => string.Join(' ', tags.Order(StringComparer.Ordinal));

    public void Add(string step)
    {
        lock (_lock)
        {
            _all.Add(step);
        }

        Changed.Set();
    }

    public void Clear()
    {
        lock (_lock)
        {
            _all.Clear();
        }
    }

    /// <summary>Waits for the last step, which nobody waits for, and gives all of them.</summary>
    public async Task<string[]> Until(string last)
    {
        await Changed.Until(() => All.Contains(last), () => string.Join("; ", All));
        return All;
    }

    public override DbDataReader ReaderExecuted(DbCommand command, CommandExecutedEventData eventData, DbDataReader result)
    {
        Ran(command);
        return result;
    }

    public override ValueTask<DbDataReader> ReaderExecutedAsync(DbCommand command, CommandExecutedEventData eventData, DbDataReader result, CancellationToken cancellationToken = default)
    {
        Ran(command);
        return new(result);
    }

    public override int NonQueryExecuted(DbCommand command, CommandExecutedEventData eventData, int result)
    {
        Ran(command);
        return result;
    }

    public override ValueTask<int> NonQueryExecutedAsync(DbCommand command, CommandExecutedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        Ran(command);
        return new(result);
    }

    public void TransactionCommitted(DbTransaction transaction, TransactionEndEventData eventData) => Add("commit");

    public Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Add("commit");
        return Task.CompletedTask;
    }

    public DbTransaction TransactionStarted(DbConnection connection, TransactionEndEventData eventData, DbTransaction result)
    {
        Add("begin");
        return result;
    }

    public ValueTask<DbTransaction> TransactionStartedAsync(DbConnection connection, TransactionEndEventData eventData, DbTransaction result, CancellationToken cancellationToken = default)
    {
        Add("begin");
        return new(result);
    }

    public void TransactionRolledBack(DbTransaction transaction, TransactionEndEventData eventData) => Add("rollback");

    public Task TransactionRolledBackAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Add("rollback");
        return Task.CompletedTask;
    }

    private void Ran(DbCommand command)
    {
        foreach (Match statement in Regex.Matches(command.CommandText, """(?m)^(INSERT INTO|UPDATE|DELETE FROM) "(\w+)" """.TrimEnd()))
        {
            Add($"{statement.Groups[1].Value.Split(' ')[0].ToLowerInvariant()} {statement.Groups[2].Value}");
        }
    }
}
