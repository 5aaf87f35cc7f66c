// Instants and durations of a monotonic clock, in whole milliseconds.
// Units are types, so that no name needs an `Ms`; nothing in this room reads a clock.
namespace SipFun.Core

/// Milliseconds.
[<Measure>]
type ms

/// A point on the clock that comes with every step. It never runs backwards, and its zero means
/// nothing: only the difference of two instants does.
type Instant = int64<ms>

/// The time between two instants.
type Duration = int64<ms>
