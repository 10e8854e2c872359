using System.Collections.Concurrent;

/// <summary>A row of the source.</summary>
internal sealed record City(int Id, string Country, string Name);

/// <summary>Stands for whatever an application reads from.</summary>
internal sealed class Database
{
    private readonly ConcurrentDictionary<int, City> _cities = new(
        [KeyValuePair.Create(2988507, new City(2988507, "FR", "Paris")), KeyValuePair.Create(2996944, new City(2996944, "FR", "Lyon"))]);

    public ValueTask<City> FindCity(int id, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<City>(cancellationToken) : new(_cities[id]);

    public ValueTask<string[]> CitiesOf(string country, CancellationToken cancellationToken = default) => cancellationToken.IsCancellationRequested
        ? ValueTask.FromCanceled<string[]>(cancellationToken)
        : new([.. _cities.Values.Where(city => city.Country == country).Select(city => city.Name).Order()]);

    public ValueTask RenameCity(int id, string name)
    {
        _cities[id] = _cities[id] with { Name = name };
        return default;
    }
}
