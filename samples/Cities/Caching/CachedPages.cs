using OrleansTagCache.Samples.Cities.Database;

namespace OrleansTagCache.Samples.Cities.Caching;

/// <summary>The models of the pages: one entry each, with the tags of all that the page shows.</summary>
internal sealed class CachedPages(PageCache cache, CityDatabase database)
{
    public Task<Served<World>> World(CancellationToken cancellationToken) =>
        cache.Get("page:world", [Tags.Cities, Tags.World], _ => database.World(), cancellationToken);

    public Task<Served<Country>> Country(string code, CancellationToken cancellationToken) =>
        cache.Get($"page:country:{code}", [Tags.Cities, Tags.Country(code)], _ => database.Country(code), cancellationToken);

    /// <param name="code">As in FR.11.</param>
    /// <param name="cancellationToken">Cancels this reader.</param>
    public Task<Served<Region>> Region(string code, CancellationToken cancellationToken) =>
        cache.Get($"page:admin1:{code}", [Tags.Cities, Tags.Country(code[..2]), Tags.Region(code)], _ => database.Region(code), cancellationToken);

    public Task<Served<City>> City(long id, CancellationToken cancellationToken) =>
        cache.Get($"page:city:{id}", [Tags.Cities, Tags.City(id)], context => MakeCity(id, context), cancellationToken);

    /// <summary>The places of the map. No edit moves a city, so no edit makes it anew.</summary>
    public Task<Served<IReadOnlyList<MapCell>>> Map(CancellationToken cancellationToken) =>
        cache.Get("map", ["map"], _ => database.Map(), cancellationToken);

    private City? MakeCity(long id, CacheContext context)
    {
        var city = database.City(id);
        if (city is not null)
        {
            // Which country and region the city belongs to is known only now.
            context.Tag(Tags.Country(city.Country), Tags.Region(city.Region));
        }

        return city;
    }
}
