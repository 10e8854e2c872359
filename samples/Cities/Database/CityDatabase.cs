using Microsoft.Data.Sqlite;

namespace OrleansTagCache.Samples.Cities.Database;

/// <summary>The places in SQLite: the origin that the cache stands before.</summary>
/// <remarks>
/// Thread-safe: a pooled connection a call. The methods do not pretend to be asynchronous, since SQLite works in the calling thread.
/// </remarks>
internal sealed class CityDatabase(string file)
{
    public const int ListedInCountry = 50;

    public const int ListedInRegion = 200;

    /// <summary>The side of a map cell in degrees.</summary>
    public const int CellDegrees = 2;

    private const string CityColumns = """
        select city.id, city.name, country, country.name, country || '.' || admin1, feature, population, latitude, longitude
        from city join country on country.code = country
        """;

    private readonly string _connectionString = new SqliteConnectionStringBuilder { DataSource = file }.ToString();

    public SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        return connection;
    }

    public World World()
    {
        const string Sql = """
            select country, country.name, count(*), sum(population)
            from city join country on country.code = country
            group by country order by 4 desc, 2
            """;
        using var connection = Open();
        var countries = connection.Rows(Sql, row => new CountryLine(row.GetString(0), row.GetString(1), row.TotalsAt(2)));
        return new(new(countries.Sum(country => country.Totals.Cities), countries.Sum(country => country.Totals.Population)), countries);
    }

    /// <summary>Null if there is no such country.</summary>
    public Country? Country(string code)
    {
        // With max(), SQLite takes the other columns from the row that has the greatest value.
        const string Regions = """
            select country || '.' || admin1, count(*), sum(population), max(population), id, name
            from city where country = $code group by admin1 order by 3 desc, 1
            """;
        using var connection = Open();
        if (NameOf(connection, code) is not { } name)
        {
            return null;
        }

        var regions = connection.Rows(
            Regions,
            row => new RegionLine(row.GetString(0), row.TotalsAt(1), new(row.GetInt64(4), row.GetString(5), row.GetString(0), row.GetInt64(3))),
            ("$code", code));
        var largest = connection.Rows(
            $"select id, name, country || '.' || admin1, population from city where country = $code order by population desc, id limit {ListedInCountry}",
            Line,
            ("$code", code));
        return new(code, name, new(regions.Sum(region => region.Totals.Cities), regions.Sum(region => region.Totals.Population)), regions, largest);
    }

    /// <summary>Null if no place is in such a region.</summary>
    public Region? Region(string code)
    {
        const string Where = "from city where country = $country and admin1 = $admin1";
        var (country, admin1) = (code[..2], code[3..]);
        (string, object)[] parameters = [("$country", country), ("$admin1", admin1)];
        using var connection = Open();
        var totals = connection.Rows($"select count(*), coalesce(sum(population), 0) {Where}", row => row.TotalsAt(0), parameters).Single();
        if (totals.Cities == 0)
        {
            return null;
        }

        var largest = connection.Rows(
            $"select id, name, country || '.' || admin1, population {Where} order by population desc, id limit {ListedInRegion}", Line, parameters);
        return new(code, country, NameOf(connection, country)!, totals, largest);
    }

    /// <summary>Null if there is no such place.</summary>
    public City? City(long id)
    {
        using var connection = Open();
        return connection.Rows($"{CityColumns} where id = $id", CityOf, ("$id", id)).SingleOrDefault();
    }

    public IReadOnlyList<City> AllCities()
    {
        using var connection = Open();
        return connection.Rows($"{CityColumns} order by id", CityOf);
    }

    public bool HasCountry(string code)
    {
        using var connection = Open();
        return NameOf(connection, code) is not null;
    }

    public IReadOnlyList<MapCell> Map()
    {
        var sql = $"""
            select cast((longitude + 180) / {CellDegrees} as int), cast((90 - latitude) / {CellDegrees} as int), count(*)
            from city group by 1, 2 order by 2, 1
            """;
        using var connection = Open();
        return connection.Rows(sql, row => new MapCell(row.GetInt32(0), row.GetInt32(1), row.GetInt32(2)));
    }

    /// <summary>False if there is no such place.</summary>
    public bool Change(long id, string name, long population)
    {
        using var connection = Open();
        const string Sql = "update city set name = $name, population = $population where id = $id returning id";
        return connection.Rows(Sql, row => row.GetInt64(0), ("$id", id), ("$name", name), ("$population", population)).Count == 1;
    }

    private static string? NameOf(SqliteConnection connection, string country) =>
        connection.Rows("select name from country where code = $code", row => row.GetString(0), ("$code", country)).SingleOrDefault();

    private static CityLine Line(SqliteDataReader row) => new(row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetInt64(3));

    private static City CityOf(SqliteDataReader row) => new(
        row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5), row.GetInt64(6), row.GetDouble(7),
        row.GetDouble(8));
}
