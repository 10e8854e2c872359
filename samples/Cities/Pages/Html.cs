using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace OrleansTagCache.Samples.Cities.Pages;

/// <summary>
/// Markup that is safe to send. It is made of an interpolated string alone: what stands in the source is markup, what is put into its holes is
/// text and is encoded, unless it is markup itself. Attributes are written in double quotes.
/// </summary>
internal readonly struct Html
{
    private readonly string? _markup;

    private Html(string markup) => _markup = markup;

    public static Html Empty => default;

    public static Html Of(Writer markup) => new(markup.Finish());

    public static Html Join(IEnumerable<Html> parts) => new(string.Concat(parts));

    public static Html If(bool condition, Html markup) => condition ? markup : default;

    public override string ToString() => _markup ?? "";

    [InterpolatedStringHandler]
    internal readonly ref struct Writer(int literalLength, int formattedCount)
    {
        private const int UsualHole = 16;

        private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

        private readonly StringBuilder _text = new(literalLength + (formattedCount * UsualHole));

        public void AppendLiteral(string markup) => _text.Append(markup);

        public void AppendFormatted(Html markup) => _text.Append(markup.ToString());

        public void AppendFormatted(string? text) => _text.Append(Encoder.Encode(text ?? ""));

        /// <summary>Numbers have a decimal point and, with a format, commas, whatever the machine is set to.</summary>
        public void AppendFormatted<T>(T value, string? format = null)
            where T : struct, IFormattable => _text.Append(Encoder.Encode(value.ToString(format, CultureInfo.InvariantCulture)));

        public string Finish() => _text.ToString();
    }
}
