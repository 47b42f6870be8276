//! The command line: parses, asks, prints, exits. Stands on the public API only.
