// The registrar (RFC 3261, 10.3): a REGISTER and the bindings of its address-of-record in; the
// answer and the bindings from now on out. Who keeps the bindings, and who may change them, is
// asked between the two functions.
namespace SipFun.Core

open SipFun

/// What came of a REGISTER.
[<NoComparison>]
type Registered = {
    Response: SipResponse
    /// Why nothing changed, if it was refused.
    Refusal: RegisterRefusal voption
    /// All bindings from now on, highest q first; none: they stay as they are.
    Bindings: Binding list voption
    Changes: BindingChange list
}

/// What came of its first look: whose bindings are needed, or why not.
[<RequireQualifiedAccess; NoComparison>]
type Addressed =
    | To of AddressOfRecord
    | Refused of RegisterRefusal

[<RequireQualifiedAccess>]
module Registrar =
    /// Steps 1, 2 and 5. `isHere`: the Request-URI names this very server.
    let address settings isHere request =
        match RegisterChecks.address settings isHere request with
        | Ok address -> Addressed.To address
        | Error refusal -> Addressed.Refused refusal

    /// The answer that refuses; nothing changes.
    let refuse settings request refusal = RegisterAnswer.refuse settings request refusal

    /// Steps 6 to 8, with the bindings that are valid now. `isKnown`: the sender has proved who he is.
    let register settings now date arrival isKnown request address (bindings: Binding list) =
        let registering: BindingUpdate.Registering = {
            Request = request
            Address = address
            Arrival = arrival
        }

        match BindingUpdate.apply settings now registering bindings with
        | Error refusal -> {
            Response = refuse settings request refusal
            Refusal = ValueSome refusal
            Bindings = ValueNone
            Changes = []
          }
        | Ok(after, changes) -> {
            Response =
                let room = RegisterAnswer.room arrival.Source isKnown request
                RegisterAnswer.accept settings now date room request address after changes
            Refusal = ValueNone
            Bindings = if changes.IsEmpty then ValueNone else ValueSome after
            Changes = changes
          }
