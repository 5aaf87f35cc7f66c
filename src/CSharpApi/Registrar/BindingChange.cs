namespace SipFun;

/// <summary>News of one binding, for <see cref="RegistrarOptions.OnChange"/>.</summary>
/// <param name="Kind">What became of it.</param>
/// <param name="Address">Whose it is.</param>
/// <param name="Binding">As it is now, or was last.</param>
public sealed record BindingChange(
    BindingChangeKind Kind,
    AddressOfRecord Address,
    Binding Binding
);
