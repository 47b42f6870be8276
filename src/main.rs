//! The `modelcrypt` command.

fn main() -> std::process::ExitCode {
    modelcrypt::cli::main(std::env::args_os()).into()
}
