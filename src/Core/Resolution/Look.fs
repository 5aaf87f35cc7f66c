// What stages find and ask for: the words in which they speak to Resolution.
namespace SipFun.Core

open SipFun

/// What a stage says after a look at the book.
[<RequireQualifiedAccess>]
type Look =
    /// Found: at least one.
    | Settled of Hop list
    /// Look again when these are answered; at least one.
    | Needs of Question list
    /// Nothing here: the next stage may.
    | Silent
    /// Nothing here, and no later stage may look.
    | Ended of ResolutionFailure

/// SRV records to look for: the transport they are of, its families, and where they are.
type Sought = { Transport: Transport; Families: Family list; Question: Question }
