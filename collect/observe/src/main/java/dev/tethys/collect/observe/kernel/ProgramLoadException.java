package dev.tethys.collect.observe.kernel;

/** Refusal of the kernel, or of this build, to run a program group; the message is the reason. */
public final class ProgramLoadException extends Exception {
  private static final long serialVersionUID = 1;

  public ProgramLoadException(String reason) {
    super(reason);
  }
}
