using System.Globalization;
using OrleansTagCache.Generators.Models;

namespace OrleansTagCache.Generators.Writing;

/// <summary>Writes the statements that add values to a key.</summary>
internal sealed class KeyWriter(CodeWriter code)
{
    public const string Builder = "__key";

    private int _variables;

    public void Write(KeyPart part, string value)
    {
        switch (part)
        {
            case PlainPart plain:
                code.Line($"{Builder}.Add({plain.Before}{value}{plain.After}{(plain.Format is null ? string.Empty : $", \"{plain.Format}\"")});");
                break;
            case OptionalPart optional:
                var present = Variable();
                code.Open($"if ({value} is {{ }} {present})");
                Write(optional.Value, present);
                code.Close();
                OrNull();
                break;
            case SequencePart { Missing: { } missing } sequence:
                code.Open($"if (!({value}{missing}))");
                Items(sequence, value);
                code.Close();
                OrNull();
                break;
            case SequencePart sequence:
                Items(sequence, value);
                break;
            case MembersPart members:
                code.Line($"{Builder}.Begin();");
                foreach (var member in members.Members)
                {
                    Write(member.Part, $"{value}.{member.Name}");
                }

                code.Line($"{Builder}.End();");
                break;
        }
    }

    private void Items(SequencePart sequence, string value)
    {
        var item = Variable();
        code.Line($"{Builder}.Begin();");
        code.Open($"foreach (var {item} in {value})");
        Write(sequence.Item, item);
        code.Close();
        code.Line($"{Builder}.End();");
    }

    private void OrNull()
    {
        code.Open("else");
        code.Line($"{Builder}.AddNull();");
        code.Close();
    }

    private string Variable() => $"__v{(++_variables).ToString(CultureInfo.InvariantCulture)}";
}
