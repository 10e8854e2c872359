using System.Globalization;
using OrleansTagCache.Samples.Cities.Database;

namespace OrleansTagCache.Samples.Cities.Actions;

/// <summary>What was typed into the form of a city, and what is wrong with it.</summary>
internal sealed record CityForm(string Name, string Population)
{
    public const int LongestName = 200;

    public const long GreatestPopulation = 50_000_000;

    public string? NameFault => Name.Length is 0 or > LongestName || Name.Any(char.IsControl)
        ? $"Give the city a name of 1 to {LongestName} characters."
        : null;

    public string? PopulationFault => Number is >= 0 and <= GreatestPopulation
        ? null
        : string.Create(CultureInfo.InvariantCulture, $"The population must be a whole number from 0 to {GreatestPopulation:N0}.");

    public bool IsValid => NameFault is null && PopulationFault is null;

    /// <summary>The population as a number; null if it is not one.</summary>
    public long? Number => long.TryParse(Population, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    public static CityForm Of(City city) => new(city.Name, city.Population.ToString(CultureInfo.InvariantCulture));

    public static CityForm Of(IFormCollection form) => new(form["name"].ToString().Trim(), form["population"].ToString().Trim());
}
