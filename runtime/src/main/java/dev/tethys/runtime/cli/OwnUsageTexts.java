package dev.tethys.runtime.cli;

/** Error messages of commands without a counterpart, and of the servers. */
record OwnUsageTexts(String command) implements UsageTexts {
  @Override
  public RuntimeException unknown(String flag, String suggestion) {
    return new UsageException(
        command + ": unknown flag " + flag + suggestion + "; see " + command + " --help");
  }

  @Override
  public RuntimeException unexpected(String argument) {
    return new UsageException(
        command + ": unexpected " + argument + "; flags begin with --, see " + command + " --help");
  }

  @Override
  public RuntimeException withoutValue(String name) {
    return new UsageException(command + ": --" + name + " needs a value");
  }

  @Override
  public RuntimeException repeated(String name) {
    return new UsageException(command + ": --" + name + " appears twice");
  }

  @Override
  public RuntimeException unreadable(String name, String value, String reason) {
    return new UsageException(command + ": --" + name + "=" + value + ": " + reason);
  }
}
