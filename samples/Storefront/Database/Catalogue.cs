using Microsoft.Data.Sqlite;

namespace OrleansTagCache.Samples.Storefront.Database;

/// <summary>A product.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Cents">Its price in cents.</param>
internal sealed record Product(long Id, string Name, long Cents);

/// <summary>The products in SQLite, which all nodes of this machine share.</summary>
/// <remarks>Thread-safe: a connection of its own for each call.</remarks>
internal sealed class Catalogue
{
    private readonly string _connection;

    public Catalogue(string file)
    {
        _connection = new SqliteConnectionStringBuilder { DataSource = file, DefaultTimeout = 30 }.ToString();
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = """
            create table if not exists product (id integer primary key, name text not null, cents integer not null);
            insert or ignore into product values
                (1, 'Kettle', 3450), (2, 'Teapot', 2800), (3, 'Strainer', 650), (4, 'Assam, 100 g', 790),
                (5, 'Darjeeling, 100 g', 1190), (6, 'Cup and saucer', 1490), (7, 'Tea towel', 850), (8, 'Tin', 990);
            """;
        command.ExecuteNonQuery();
    }

    public List<Product> All() => Read("select id, name, cents from product order by id", 0);

    public Product? Find(long id) => Read("select id, name, cents from product where id = $id", id).SingleOrDefault();

    public void SetPrice(long id, long cents) => Write("update product set cents = $cents where id = $id", id, cents);

    public void HalvePrices() => Write("update product set cents = cents / 2", 0, 0);

    private void Write(string sql, long id, long cents)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Parameters.AddWithValue("$id", id);
        command.Parameters.AddWithValue("$cents", cents);
        command.ExecuteNonQuery();
    }

    private List<Product> Read(string sql, long id)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Parameters.AddWithValue("$id", id);
        using var reader = command.ExecuteReader();
        var products = new List<Product>();
        while (reader.Read())
        {
            products.Add(new(reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2)));
        }

        return products;
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connection);
        connection.Open();
        return connection;
    }
}
