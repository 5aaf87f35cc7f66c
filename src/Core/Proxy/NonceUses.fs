// How often each nonce was used: a count that does not rise is a replay (RFC 7616, 3.4.5 and 5.5), but for a
// copy of the same request, which a stateless proxy gets again and again. Bounded: what falls out is over.
namespace SipFun.Core

/// The uses of one nonce.
type NonceUse = {
    Count: uint32
    /// The last counts with a hash of the request that bore each, the latest first.
    Requests: struct (uint32 * uint64) list
}

/// What the count of a nonce says of a request.
type NonceJudgement =
    /// Higher than ever.
    | Risen = 0
    /// The same request again, byte for byte.
    | Copied = 1
    /// Used before, or too old to know.
    | Replayed = 2

/// By serial, due when the nonce is too old anyway.
type NonceUses = {
    Uses: Queue<NonceUse>
    /// Nonces with a lower serial are over: their uses are forgotten, so that they could be
    /// replayed.
    Floor: int64
}

[<RequireQualifiedAccess>]
module NonceUses =
    let empty = { Uses = Queue.empty; Floor = 0L }

    /// Of so many requests of one nonce copies are recognised.
    [<Literal>]
    let private Remembered = 4

    let private forget serial (uses: NonceUses) = { uses with Uses = Queue.remove serial uses.Uses }

    /// What is too old is refused for its age: its uses need not be known.
    let private swept now uses =
        match Queue.tryDue now uses.Uses with
        | ValueSome serial -> forget serial uses
        | ValueNone -> uses

    /// The oldest goes when there are too many, and all that are older are over with it.
    let private bounded most uses =
        if Queue.size uses.Uses <= most then
            uses
        else
            match Queue.tryDue Queue.never uses.Uses with
            | ValueSome oldest ->
                let uses = forget oldest uses
                { uses with Floor = max uses.Floor (oldest + 1L) }
            | ValueNone -> uses

    let private noted most (nonce: Nonce) overAt count print (use': NonceUse voption) uses =
        let before =
            match use' with
            | ValueSome use' -> List.truncate (Remembered - 1) use'.Requests
            | ValueNone -> []

        let next = { Count = count; Requests = struct (count, print) :: before }

        { uses with Uses = Queue.set nonce.Serial overAt next uses.Uses } |> bounded most

    /// One more request with this nonce, which is over at `overAt`.
    let judge
        most
        now
        (nonce: Nonce)
        overAt
        count
        (print: uint64)
        uses
        : struct (NonceJudgement * NonceUses) =
        let uses = uses |> swept now |> swept now

        let use' =
            match Queue.tryFind nonce.Serial uses.Uses with
            | ValueSome waiting -> ValueSome waiting.Value
            | ValueNone -> ValueNone

        match use' with
        | ValueSome use' when List.contains (struct (count, print)) use'.Requests ->
            struct (NonceJudgement.Copied, uses)
        | ValueSome use' when count <= use'.Count -> struct (NonceJudgement.Replayed, uses)
        | ValueNone when nonce.Serial < uses.Floor -> struct (NonceJudgement.Replayed, uses)
        | _ -> struct (NonceJudgement.Risen, noted most nonce overAt count print use' uses)
