namespace OrleansTagCache.Contracts;

/// <summary>What there is to a payload beside its bytes: very many values have the same, and refer to one.</summary>
/// <param name="ContentType">As in <see cref="Payload.ContentType"/>.</param>
/// <param name="IsNull">As in <see cref="Payload.IsNull"/>.</param>
/// <param name="MadeAs">As in <see cref="Payload.MadeAs"/>.</param>
/// <param name="Coding">As in <see cref="Payload.Coding"/>.</param>
internal sealed record PayloadForm(string? ContentType, bool IsNull, TypeMark MadeAs, PayloadCoding Coding)
{
    public static PayloadForm Of(Payload payload) => Alike.Share(new PayloadForm(payload.ContentType, payload.IsNull, payload.MadeAs, payload.Coding));

    public Payload With(byte[] bytes) => new(bytes, ContentType, IsNull, MadeAs, Coding);
}
