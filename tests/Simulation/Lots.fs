// All chance of one simulated scenario, from its seed (SplitMix64).
namespace SipFun.Tests.Simulation

type Lots(seed: uint64) =
    let mixed (value: uint64) =
        let value = (value ^^^ (value >>> 30)) * 0xBF58476D1CE4E5B9UL
        let value = (value ^^^ (value >>> 27)) * 0x94D049BB133111EBUL
        value ^^^ (value >>> 31)

    let mutable state = mixed (seed + 0x9E3779B97F4A7C15UL)

    member _.Next() =
        state <- state + 0x9E3779B97F4A7C15UL
        mixed state

    /// From 0 to one less.
    member this.Below(count: int) = int (this.Next() % uint64 count)

    member this.Happens(share: float) =
        share > 0.0 && float (this.Next() >>> 11) / 9007199254740992.0 < share

    member this.Pick(items: 'a array) = items[this.Below items.Length]
