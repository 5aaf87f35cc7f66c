// The order of SRV records: priority, then weight by RFC 2782's algorithm. Chance is an argument.
// A draw is a function of the seed, the delivery's number and the question: nothing is consumed.
namespace SipFun.Core

/// Where one delivery's chance comes from.
[<Struct>]
type Chance = { Seed: uint64; Number: int64 }

/// What one SRV record offers.
[<Struct>]
type Service = { Priority: int; Weight: int; Port: int; Target: string }

/// A service, and the draw among those of its priority that brought it here.
[<Struct>]
type Drawn = {
    Service: Service
    /// From 0 to `Total`, inclusive.
    Draw: int
    /// The sum of the weights that took part.
    Total: int
}

module Chance =
    // SplitMix64, by Sebastiano Vigna: each bit of the word turns about half of the result's.
    let private mix (word: uint64) =
        let word = (word ^^^ (word >>> 30)) * 0xbf58476d1ce4e5b9UL
        let word = (word ^^^ (word >>> 27)) * 0x94d049bb133111ebUL
        word ^^^ (word >>> 31)

    let private absorb (sum: uint64) (word: uint64) =
        mix ((sum + 0x9e3779b97f4a7c15UL) ^^^ mix word)

    let private absorbText (sum: uint64) (text: string) =
        text |> Seq.fold (fun sum c -> (sum ^^^ uint64 c) * 0x100000001b3UL) sum |> mix

    /// 64 bits for the draw of this rank on this question.
    let bits (question: Question) (rank: int) (chance: Chance) =
        let start = absorb chance.Seed (uint64 chance.Number)
        let named = absorbText (absorb start (uint64 question.Type)) question.Name
        absorb named (uint64 rank)

    /// 64 bits by which one target stands among others on this question.
    let place (question: Question) (target: string) (port: int) chance =
        absorbText (absorb (bits question -1 chance) (uint64 port)) target

    /// From 0 to `total`, inclusive; 64 bits leave no bias that could be measured.
    let upTo (total: int) question rank chance =
        int (bits question rank chance % (uint64 (max 0 total) + 1UL))

module Draw =
    /// Weight 0 stands first, as RFC 2782 asks, and among themselves in an order that is drawn: the
    /// sum never passes one for the next, so that the same would always be tried first. The others by
    /// name, which changes no share (RFC 3263, 4.4: a definite order).
    let private arrange question chance (services: Service list) =
        let place (s: Service) =
            if s.Weight > 0 then
                0UL
            else
                Chance.place question s.Target s.Port chance

        services
        |> List.sortBy (fun s -> struct (s.Weight > 0, place s, s.Target, s.Port, s.Weight))

    /// The first whose running sum of weights reaches the draw, and the others.
    let private select draw arranged =
        let rec walk passed sum services =
            match services with
            | [] -> ValueNone
            | service :: rest when sum + service.Weight >= draw || List.isEmpty rest ->
                ValueSome(struct (service, List.rev passed @ rest))
            | service :: rest -> walk (service :: passed) (sum + service.Weight) rest

        walk [] 0 arranged

    let rec private drawUpTo count question chance rank drawn arranged =
        let total = arranged |> List.sumBy _.Weight
        let draw = Chance.upTo total question rank chance

        match select draw arranged with
        | ValueSome(struct (service, rest)) when rank < count ->
            let next = { Service = service; Draw = draw; Total = total }
            drawUpTo count question chance (rank + 1) (next :: drawn) rest
        | _ -> struct (rank, drawn)

    /// The services to try, so many of them, in order. The order of the records does not matter.
    let first count question chance (services: Service list) =
        let ofPriority struct (rank, drawn) (_, services) =
            drawUpTo count question chance rank drawn (arrange question chance services)

        let struct (_, drawn) =
            services
            |> List.distinct
            |> List.groupBy _.Priority
            |> List.sortBy fst
            |> List.fold ofPriority (struct (0, []))

        List.rev drawn
