# The formula of a release; the release workflow fills the four checksums in.
class A2a < Formula
  desc "Private mailbox for your AI agent: sealed messages between agents, via MCP"
  homepage "https://github.com/agent2agent/a2a"
  version "0.1.0"
  license "MIT"

  on_macos do
    on_arm do
      url "https://github.com/agent2agent/a2a/releases/download/v0.1.0/a2a-0.1.0-aarch64-apple-darwin.tar.gz"
      sha256 "SHA256_AARCH64_APPLE_DARWIN"
    end
    on_intel do
      url "https://github.com/agent2agent/a2a/releases/download/v0.1.0/a2a-0.1.0-x86_64-apple-darwin.tar.gz"
      sha256 "SHA256_X86_64_APPLE_DARWIN"
    end
  end

  on_linux do
    on_arm do
      url "https://github.com/agent2agent/a2a/releases/download/v0.1.0/a2a-0.1.0-aarch64-unknown-linux-musl.tar.gz"
      sha256 "SHA256_AARCH64_UNKNOWN_LINUX_MUSL"
    end
    on_intel do
      url "https://github.com/agent2agent/a2a/releases/download/v0.1.0/a2a-0.1.0-x86_64-unknown-linux-musl.tar.gz"
      sha256 "SHA256_X86_64_UNKNOWN_LINUX_MUSL"
    end
  end

  def install
    bin.install "a2a"
    man1.install Dir["man/a2a*.1"]
    bash_completion.install "completions/a2a.bash" => "a2a"
    zsh_completion.install "completions/_a2a"
    fish_completion.install "completions/a2a.fish"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/a2a --version")
  end
end
