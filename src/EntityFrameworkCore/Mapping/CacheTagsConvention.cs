using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Conventions;
using Microsoft.EntityFrameworkCore.Metadata.Conventions.Infrastructure;

namespace OrleansTagCache.Mapping;

/// <summary>
/// Takes the maps of a model along when EF turns it into the model that contexts use. They are no annotations while the model is built: EF would write those into migrations, and a function cannot be written there.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class CacheTagsConvention : IModelFinalizedConvention, IConventionSetPlugin
{
    private const string Annotation = "OrleansTagCache:Tags";

    private static readonly ConditionalWeakTable<IReadOnlyModel, TagMaps> Building = [];

    /// <summary>The maps of a model that is being built.</summary>
    public static TagMaps Of(IReadOnlyModel model) => Building.GetOrCreateValue(model);

    /// <summary>The maps of a context's model. One that was compiled has none, as it has no filters: the model is built once more for them.</summary>
    public static TagMaps Of(IModel model, Func<IModel> build)
    {
        if (model.FindRuntimeAnnotationValue(Annotation) is TagMaps maps)
        {
            return maps;
        }

        maps = Of(build());
        maps.Check(model);
        return maps;
    }

    public IModel ProcessModelFinalized(IModel model)
    {
        var maps = Of((IReadOnlyModel)model);
        maps.Check(model);
        model.AddRuntimeAnnotation(Annotation, maps);
        return model;
    }

    /// <summary>First, before EF makes the model that contexts use from the one that was built.</summary>
    public ConventionSet ModifyConventions(ConventionSet conventionSet)
    {
        conventionSet.ModelFinalizedConventions.Insert(0, this);
        return conventionSet;
    }
}
