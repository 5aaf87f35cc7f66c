// 128 bits of each state instead of the state, numbered in the order they came: sixteen bytes and two
// slots of four for each, and a chance below 1e-22 that two of 1e8 states are taken for one.
namespace SipFun.Tests.Model

open System
open System.Security.Cryptography
open System.Text

type Fingerprints() =
    let free = -1
    let mutable prints: UInt128 array = Array.zeroCreate 1024
    let mutable slots: int array = Array.create 2048 free
    let mutable count = 0

    let slotOf (print: UInt128) =
        let mutable slot = int (UInt128.op_Explicit print: uint32) &&& (slots.Length - 1)

        while slots[slot] <> free && prints[slots[slot]] <> print do
            slot <- (slot + 1) &&& (slots.Length - 1)

        slot

    let grow () =
        let larger = Array.zeroCreate (2 * prints.Length)
        Array.blit prints 0 larger 0 count
        prints <- larger
        slots <- Array.create (4 * prints.Length / 2) free

        for number in 0 .. count - 1 do
            slots[slotOf prints[number]] <- number

    static member Of(text: string) =
        let hash = MD5.HashData(Encoding.UTF8.GetBytes text)
        UInt128(BitConverter.ToUInt64(hash, 0), BitConverter.ToUInt64(hash, 8))

    member _.Count = count

    /// Its number; the count before, if it is new.
    member _.Add(print: UInt128) =
        let slot = slotOf print

        if slots[slot] <> free then
            slots[slot]
        else
            if count = prints.Length then
                grow ()

            prints[count] <- print
            slots[slotOf print] <- count
            count <- count + 1
            count - 1
