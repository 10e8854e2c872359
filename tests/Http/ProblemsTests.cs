using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using OrleansTagCache.Http.Messages;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>Faults that are not the caller's: what they are told as, and that nothing of them is repeated.</summary>
public sealed class ProblemsTests
{
    public static TheoryData<Exception> FaultsOfSilos =>
    [
        new TimeoutException("entry/default:secret did not answer"),
        new SiloUnavailableException("entry/default:secret was on a silo that died"),
        new OrleansException("entry/default:secret was rejected"),
    ];

    [Theory]
    [MemberData(nameof(FaultsOfSilos))]
    public void Fault_OfASiloThatDoesNotAnswer_IsUnavailable(Exception fault)
    {
        var problem = Assert.IsType<ProblemHttpResult>(Problems.Of(new DefaultHttpContext(), fault));

        Assert.Equal((503, "unavailable"), (problem.StatusCode, problem.ProblemDetails.Extensions["code"]));
        Assert.DoesNotContain("secret", problem.ProblemDetails.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Fault_OfTheProgram_IsNobodysProblem() => Assert.Null(Problems.Of(new DefaultHttpContext(), new InvalidOperationException()));
}
