//! The `modelcrypt` command.

fn main() -> std::process::ExitCode {
    modelcrypt::cli::main()
}
