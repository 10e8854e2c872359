namespace OrleansTagCache.Samples.Cities.Database;

/// <summary>A populated place. Its region is written as GeoNames does: the country, a dot, the admin1 code.</summary>
internal sealed record City(
    long Id, string Name, string Country, string CountryName, string Region, string Feature, long Population, double Latitude, double Longitude);

/// <summary>A city in a list.</summary>
internal sealed record CityLine(long Id, string Name, string Region, long Population);

/// <summary>How much of something there is.</summary>
internal sealed record Totals(long Cities, long Population);

internal sealed record CountryLine(string Code, string Name, Totals Totals);

/// <summary>The page of the world.</summary>
internal sealed record World(Totals Totals, IReadOnlyList<CountryLine> Countries);

internal sealed record RegionLine(string Code, Totals Totals, CityLine Largest);

/// <summary>The page of a country.</summary>
internal sealed record Country(string Code, string Name, Totals Totals, IReadOnlyList<RegionLine> Regions, IReadOnlyList<CityLine> Largest);

/// <summary>The page of an admin region.</summary>
internal sealed record Region(string Code, string Country, string CountryName, Totals Totals, IReadOnlyList<CityLine> Largest);

/// <summary>A square of the map and how many places are in it.</summary>
internal sealed record MapCell(int Column, int Row, int Cities);
