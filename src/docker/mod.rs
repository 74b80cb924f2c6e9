//! Docker's words and grammars. Pure: no I/O, no clock, no environment.
