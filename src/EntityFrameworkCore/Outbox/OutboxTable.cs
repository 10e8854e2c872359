using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace OrleansTagCache.Outbox;

/// <summary>Writes rows of a model's outbox in the transaction that they are for, with plain SQL of every provider.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class OutboxTable
{
    private readonly string _insert;
    private readonly (string Name, RelationalTypeMapping Type) _id;
    private readonly (string Name, RelationalTypeMapping Type) _tags;

    public OutboxTable(IEntityType row, ISqlGenerationHelper sql)
    {
        var table = row.GetTableMappings().Single().Table;
        var (id, tags) = (row.FindProperty(nameof(TagCacheOutboxRow.Id))!, row.FindProperty(nameof(TagCacheOutboxRow.Tags))!);
        _id = (sql.GenerateParameterName("id"), id.GetRelationalTypeMapping());
        _tags = (sql.GenerateParameterName("tags"), tags.GetRelationalTypeMapping());
        _insert = $"INSERT INTO {sql.DelimitIdentifier(table.Name, table.Schema)} ({sql.DelimitIdentifier(table.FindColumn(id)!.Name)}, {sql.DelimitIdentifier(table.FindColumn(tags)!.Name)}) "
            + $"VALUES ({sql.GenerateParameterNamePlaceholder("id")}, {sql.GenerateParameterNamePlaceholder("tags")})";
    }

    /// <summary>Writes a row.</summary>
    /// <param name="connection">The open connection of the transaction.</param>
    /// <param name="transaction">The transaction; null if the connection is enlisted in an ambient one.</param>
    /// <param name="id">The new row.</param>
    /// <param name="tags">Its tags.</param>
    /// <param name="isAsync">Whether the thread may not be blocked.</param>
    /// <param name="cancellationToken">Cancels the statement.</param>
    public async Task Write(DbConnection connection, DbTransaction? transaction, Guid id, IEnumerable<string> tags, bool isAsync, CancellationToken cancellationToken)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // It is made of the model's own names, delimited.
        command.CommandText = _insert;
#pragma warning restore CA2100
        command.Parameters.Add(_id.Type.CreateParameter(command, _id.Name, id, nullable: false));
        command.Parameters.Add(_tags.Type.CreateParameter(command, _tags.Name, ToText(tags), nullable: false));
        if (isAsync)
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        else
        {
#pragma warning disable CA1849 // The caller's own call is of the kind that blocks.
            command.ExecuteNonQuery();
#pragma warning restore CA1849
        }
    }

    /// <summary>No tag contains a control character, so none contains the separator.</summary>
    public static string ToText(IEnumerable<string> tags) => string.Join('\n', tags);

    /// <inheritdoc cref="ToText"/>
    public static string[] FromText(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
